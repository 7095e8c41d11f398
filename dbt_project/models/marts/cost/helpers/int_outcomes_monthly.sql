with contributions as (

    select * from {{ ref('contributions_monthly') }}

),

changes as (

    select * from {{ ref('int_contributions') }}
    where not is_bot and not is_merge

),

outcomes as (

    select
        month_start_date,
        if(grouping(repository) = 1, 'team', 'repository') as scope_type,
        if(grouping(team_name) = 1, 'all', team_name) as team_name,
        if(grouping(repository) = 1, 'all', repository) as repository,
        sum(merged_pull_request_count) filter (where claude_attribution = 'with_claude')
            as merged_pull_request_count,
        sum(merged_pull_request_count) filter (where attribution_liberal = 'with_claude')
            as liberal_merged_pull_request_count,
        sum(commit_count) filter (where claude_attribution = 'with_claude') as commit_count,
        sum(commit_count) filter (where attribution_liberal = 'with_claude')
            as liberal_commit_count,
        sum(effective_lines_added) filter (where claude_attribution = 'with_claude')
            as effective_lines_added,
        sum(effective_lines_added) filter (where attribution_liberal = 'with_claude')
            as liberal_effective_lines_added,
        sum(pull_request_with_files_count) filter (where claude_attribution = 'with_claude')
            as pull_request_with_files_count,
        sum(merged_pull_request_count + commit_count) as change_count,
        sum(merged_pull_request_count + commit_count) filter (
            where attribution_balanced = 'undetermined'
        ) as undetermined_change_count
    from contributions
    group by grouping sets ((month_start_date, team_name), (month_start_date, repository))

),

-- People cannot be added over the rows of contributions_monthly.
authors as (

    select
        month_start_date,
        if(grouping(repository) = 1, 'team', 'repository') as scope_type,
        if(grouping(team_name) = 1, 'all', team_name) as team_name,
        if(grouping(repository) = 1, 'all', repository) as repository,
        count(distinct person_number) filter (where claude_attribution = 'with_claude')
            as author_count,
        count(distinct person_number) filter (where attribution_liberal = 'with_claude')
            as liberal_author_count,
        count(distinct person_number) as change_author_count
    from changes
    group by grouping sets ((month_start_date, team_name), (month_start_date, repository))

)

select
    month_start_date,
    scope_type,
    team_name,
    repository,
    cast(coalesce(outcomes.merged_pull_request_count, 0) as bigint) as merged_pull_request_count,
    cast(coalesce(outcomes.liberal_merged_pull_request_count, 0) as bigint)
        as liberal_merged_pull_request_count,
    cast(coalesce(outcomes.commit_count, 0) as bigint) as commit_count,
    cast(coalesce(outcomes.liberal_commit_count, 0) as bigint) as liberal_commit_count,
    cast(outcomes.effective_lines_added as bigint) as effective_lines_added,
    cast(outcomes.liberal_effective_lines_added as bigint) as liberal_effective_lines_added,
    cast(coalesce(outcomes.pull_request_with_files_count, 0) as bigint)
        as pull_request_with_files_count,
    cast(coalesce(outcomes.change_count, 0) as bigint) as change_count,
    cast(coalesce(outcomes.undetermined_change_count, 0) as bigint) as undetermined_change_count,
    coalesce(authors.author_count, 0) as author_count,
    coalesce(authors.liberal_author_count, 0) as liberal_author_count,
    coalesce(authors.change_author_count, 0) as change_author_count
from outcomes
full join authors using (month_start_date, scope_type, team_name, repository)
