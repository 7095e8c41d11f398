-- Every commit and every merged pull request counts in one week, with its lines.
with weekly as (

    select
        coalesce(sum(commit_count + merge_commit_count), 0) as commit_count,
        coalesce(sum(commit_lines_added + commit_lines_removed), 0) as commit_lines,
        coalesce(sum(merged_pull_request_count), 0) as pull_request_count,
        coalesce(sum(pull_request_lines_added + pull_request_lines_removed), 0)
            as pull_request_lines
    from {{ ref('contributions_weekly') }}

),

commits as (

    select
        count(*) as commit_count,
        coalesce(sum(lines_added + lines_removed), 0) as commit_lines
    from {{ ref('fct_commits') }}

),

pull_requests as (

    select
        count(*) as pull_request_count,
        coalesce(sum(lines_added + lines_removed), 0) as pull_request_lines
    from {{ ref('fct_pull_requests') }}
    where merged_at is not null

)

select
    weekly.*,
    commits.*,
    pull_requests.*
from weekly
cross join commits
cross join pull_requests
where
    weekly.commit_count <> commits.commit_count
    or weekly.commit_lines <> commits.commit_lines
    or weekly.pull_request_count <> pull_requests.pull_request_count
    or weekly.pull_request_lines <> pull_requests.pull_request_lines
