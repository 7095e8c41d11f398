-- contributions_monthly is the same by month: a test holds the two together.
with contributions as (

    select * from {{ ref('int_contributions') }}

),

repositories_read as (

    select
        repositories.repository,
        read.read_from_at,
        read.read_until_at
    from {{ ref('int_repositories_read') }} as read
    inner join {{ ref('dim_repositories') }} as repositories
        on read.repository_id = repositories.repository_id

),

coverage as (

    select
        week_start_date,
        repository,
        count(distinct person_number) filter (where not is_bot) as author_count,
        count(distinct person_number) filter (where is_mapped) as mapped_author_count,
        count(*) as change_count,
        count(*) filter (where attribution_balanced = 'undetermined') as undetermined_change_count
    from contributions
    where not is_merge
    group by week_start_date, repository

),

counted as (

    select
        week_start_date,
        repository,
        team_name,
        person_kind,
        claude_attribution,
        attribution_balanced,
        attribution_liberal,
        count(*) filter (where is_pull_request) as merged_pull_request_count,
        count(*) filter (where is_pull_request and is_bot) as bot_merged_pull_request_count,
        cast(coalesce(sum(pull_request_lines_added), 0) as bigint) as pull_request_lines_added,
        cast(coalesce(sum(pull_request_lines_removed), 0) as bigint) as pull_request_lines_removed,
        count(effective_lines_added) as pull_request_with_files_count,
        cast(sum(effective_lines_added) as bigint) as effective_lines_added,
        cast(sum(effective_lines_removed) as bigint) as effective_lines_removed,
        median(hours_open_to_merge) as median_hours_open_to_merge,
        count(*) filter (where is_commit) as commit_count,
        count(*) filter (where is_commit and is_bot) as bot_commit_count,
        count(*) filter (where is_merge) as merge_commit_count,
        cast(coalesce(sum(commit_lines_added), 0) as bigint) as commit_lines_added,
        cast(coalesce(sum(commit_lines_removed), 0) as bigint) as commit_lines_removed,
        -- The best estimate is null where nothing was to be had for one of the changes.
        case
            when bool_and(claude_probability is not null or not is_pull_request)
                then coalesce(sum(claude_probability) filter (where is_pull_request), 0)
        end as estimated_pull_request_with_claude_count,
        count(*) filter (where is_pull_request and attribution_estimated = 'with_claude')
            as estimated_pull_request_with_claude_lower_count,
        count(*) filter (where is_pull_request and attribution_estimated <> 'without_claude')
            as estimated_pull_request_with_claude_upper_count,
        case
            when bool_and(claude_probability is not null or not is_commit)
                then coalesce(sum(claude_probability) filter (where is_commit), 0)
        end as estimated_commit_with_claude_count,
        count(*) filter (where is_commit and attribution_estimated = 'with_claude')
            as estimated_commit_with_claude_lower_count,
        count(*) filter (where is_commit and attribution_estimated <> 'without_claude')
            as estimated_commit_with_claude_upper_count,
        count(distinct person_number) filter (where is_human and not is_merge) as people_count
    from contributions
    group by
        week_start_date,
        repository,
        team_name,
        person_kind,
        claude_attribution,
        attribution_balanced,
        attribution_liberal

)

select
    counted.repository,
    counted.team_name,
    counted.person_kind,
    cast(counted.claude_attribution as varchar) as claude_attribution,
    cast(counted.attribution_balanced as varchar) as attribution_balanced,
    cast(counted.attribution_liberal as varchar) as attribution_liberal,
    counted.merged_pull_request_count,
    counted.bot_merged_pull_request_count,
    counted.pull_request_lines_added,
    counted.pull_request_lines_removed,
    counted.pull_request_with_files_count,
    counted.effective_lines_added,
    counted.effective_lines_removed,
    counted.median_hours_open_to_merge,
    {{ of_few('counted.merged_pull_request_count') }} as median_hours_open_to_merge_is_of_few,
    counted.commit_count,
    counted.bot_commit_count,
    counted.merge_commit_count,
    counted.commit_lines_added,
    counted.commit_lines_removed,
    cast(counted.estimated_pull_request_with_claude_count as decimal(18, 6))
        as estimated_pull_request_with_claude_count,
    counted.estimated_pull_request_with_claude_lower_count,
    counted.estimated_pull_request_with_claude_upper_count,
    cast(counted.estimated_commit_with_claude_count as decimal(18, 6))
        as estimated_commit_with_claude_count,
    counted.estimated_commit_with_claude_lower_count,
    counted.estimated_commit_with_claude_upper_count,
    counted.people_count,
    -- A row of nothing but merge commits has no author and no change to cover.
    coalesce(coverage.author_count, 0) as repository_author_count,
    coalesce(coverage.mapped_author_count, 0) as repository_mapped_author_count,
    coalesce(coverage.change_count, 0) as repository_change_count,
    coalesce(coverage.undetermined_change_count, 0) as repository_undetermined_change_count,
    -- A repository that was never read to its end has no complete week.
    coalesce(
        repositories_read.read_from_at <= counted.week_start_date
        and repositories_read.read_until_at >= counted.week_start_date + interval 1 week,
        false
    ) as is_complete_week,
    counted.week_start_date
from counted
left join coverage
    on
        counted.week_start_date = coverage.week_start_date
        and counted.repository = coverage.repository
left join repositories_read on counted.repository = repositories_read.repository
