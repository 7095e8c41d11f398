with people as (

    select
        person_key,
        person_kind = 'bot' as is_bot,
        person_kind in ('member', 'former_member', 'guest', 'git_only') as is_human
    from {{ ref('dim_people') }}

),

commits as (

    select
        cast(date_trunc('week', fct_commits.committed_at) as date) as week_start_date,
        fct_commits.repository,
        fct_commits.claude_attribution,
        fct_commits.person_key,
        fct_commits.lines_added,
        fct_commits.lines_removed,
        fct_commits.is_merge,
        people.is_bot,
        people.is_human
    from {{ ref('fct_commits') }} as fct_commits
    inner join people on fct_commits.person_key = people.person_key

),

merged_pull_requests as (

    select
        cast(date_trunc('week', fct_pull_requests.merged_at) as date) as week_start_date,
        fct_pull_requests.repository,
        fct_pull_requests.claude_attribution,
        fct_pull_requests.person_key,
        fct_pull_requests.lines_added,
        fct_pull_requests.lines_removed,
        fct_pull_requests.hours_open_to_merge,
        people.is_bot,
        people.is_human
    from {{ ref('fct_pull_requests') }} as fct_pull_requests
    inner join people on fct_pull_requests.person_key = people.person_key
    where fct_pull_requests.merged_at is not null

),

-- Up to when a repository has been read, commits and pull requests both.
read_until as (

    select
        repositories.repository,
        min(completeness.last_fetched_at) as read_until_at
    from {{ ref('data_completeness') }} as completeness
    inner join {{ ref('dim_repositories') }} as repositories
        on completeness.window_key = cast(repositories.repository_id as varchar)
    where
        completeness.endpoint in ('commits', 'pull_requests')
        and completeness.is_complete
    group by repositories.repository

),

-- One column per measure and one row per contribution, so that a week with commits and no pull
-- request, or the other way round, needs no outer join.
contributions as (

    select
        week_start_date,
        repository,
        claude_attribution,
        person_key,
        is_human,
        false as is_pull_request,
        not is_merge as is_commit,
        is_merge,
        is_bot,
        lines_added as commit_lines_added,
        lines_removed as commit_lines_removed
    from commits

    union all by name

    select
        week_start_date,
        repository,
        claude_attribution,
        person_key,
        is_human,
        true as is_pull_request,
        false as is_commit,
        false as is_merge,
        is_bot,
        lines_added as pull_request_lines_added,
        lines_removed as pull_request_lines_removed,
        hours_open_to_merge
    from merged_pull_requests

)

select
    contributions.repository,
    claude_attribution,
    count(*) filter (where is_pull_request) as merged_pull_request_count,
    count(*) filter (where is_pull_request and is_bot) as bot_merged_pull_request_count,
    cast(coalesce(sum(pull_request_lines_added), 0) as bigint) as pull_request_lines_added,
    cast(coalesce(sum(pull_request_lines_removed), 0) as bigint) as pull_request_lines_removed,
    median(hours_open_to_merge) as median_hours_open_to_merge,
    count(*) filter (where is_commit) as commit_count,
    count(*) filter (where is_commit and is_bot) as bot_commit_count,
    count(*) filter (where is_merge) as merge_commit_count,
    cast(coalesce(sum(commit_lines_added), 0) as bigint) as commit_lines_added,
    cast(coalesce(sum(commit_lines_removed), 0) as bigint) as commit_lines_removed,
    count(distinct person_key) filter (where is_human and not is_merge) as people_count,
    -- A repository that was never read to its end has no complete week.
    coalesce(
        any_value(read_until.read_until_at) >= week_start_date + interval 7 days, false
    ) as is_complete_week,
    week_start_date
from contributions
left join read_until on contributions.repository = read_until.repository
group by week_start_date, contributions.repository, claude_attribution
