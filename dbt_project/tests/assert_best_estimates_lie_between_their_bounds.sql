-- A month's estimate is no less than what is sure and no more than what is not excluded, and it is
-- the facts'.
with monthly as (

    select
        repository,
        sum(estimated_pull_request_with_claude_count) as pull_requests,
        sum(estimated_commit_with_claude_count) as commits,
        bool_and(
            estimated_pull_request_with_claude_count
            between estimated_pull_request_with_claude_lower_count
            and estimated_pull_request_with_claude_upper_count
            and estimated_commit_with_claude_count
            between estimated_commit_with_claude_lower_count
            and estimated_commit_with_claude_upper_count
        ) as is_between
    from {{ ref('contributions_monthly') }}
    group by repository

),

facts as (

    select
        repository,
        sum(pull_requests) as pull_requests,
        sum(commits) as commits
    from (
        select
            repository,
            claude_probability as pull_requests,
            0 as commits
        from {{ ref('fct_pull_requests') }}
        where merged_at is not null
        union all
        select
            repository,
            0 as pull_requests,
            claude_probability as commits
        from {{ ref('fct_commits') }}
        where not is_merge
    )
    group by repository

)

select *
from monthly
inner join facts using (repository)
where
    not monthly.is_between
    or monthly.pull_requests <> facts.pull_requests
    or monthly.commits <> facts.commits
