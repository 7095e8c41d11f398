-- Weeks and months are sums of the same changes, repository by repository and reading by reading.
with weekly as (

    select
        repository,
        claude_attribution,
        attribution_balanced,
        attribution_liberal,
        sum(commit_count + merge_commit_count) as commit_count,
        sum(merged_pull_request_count) as pull_request_count,
        sum(commit_lines_added + commit_lines_removed) as commit_lines,
        sum(pull_request_lines_added + pull_request_lines_removed) as pull_request_lines,
        coalesce(sum(effective_lines_added + effective_lines_removed), 0) as effective_lines
    from {{ ref('contributions_weekly') }}
    group by all

),

monthly as (

    select
        repository,
        claude_attribution,
        attribution_balanced,
        attribution_liberal,
        sum(commit_count + merge_commit_count) as commit_count,
        sum(merged_pull_request_count) as pull_request_count,
        sum(commit_lines_added + commit_lines_removed) as commit_lines,
        sum(pull_request_lines_added + pull_request_lines_removed) as pull_request_lines,
        coalesce(sum(effective_lines_added + effective_lines_removed), 0) as effective_lines
    from {{ ref('contributions_monthly') }}
    group by all

)

(select * from weekly except select * from monthly)
union all
(select * from monthly except select * from weekly)
