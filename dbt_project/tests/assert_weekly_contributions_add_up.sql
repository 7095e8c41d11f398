-- Every commit and every merged pull request counts in one week, with its lines, for the team that
-- its own row names.
with weekly as (

    select
        team_name,
        sum(commit_count + merge_commit_count) as commit_count,
        coalesce(sum(commit_lines_added + commit_lines_removed), 0) as commit_lines,
        sum(merged_pull_request_count) as pull_request_count,
        coalesce(sum(pull_request_lines_added + pull_request_lines_removed), 0)
            as pull_request_lines
    from {{ ref('contributions_weekly') }}
    group by team_name

),

changes as (

    select
        team_name,
        1 as commit_count,
        lines_added + lines_removed as commit_lines
    from {{ ref('fct_commits') }}

    union all by name

    select
        team_name,
        1 as pull_request_count,
        lines_added + lines_removed as pull_request_lines
    from {{ ref('fct_pull_requests') }}
    where merged_date is not null

),

said as (

    select
        team_name,
        coalesce(sum(commit_count), 0) as commit_count,
        coalesce(sum(commit_lines), 0) as commit_lines,
        coalesce(sum(pull_request_count), 0) as pull_request_count,
        coalesce(sum(pull_request_lines), 0) as pull_request_lines
    from changes
    group by team_name

)

(select * from weekly except select * from said)
union all
(select * from said except select * from weekly)
