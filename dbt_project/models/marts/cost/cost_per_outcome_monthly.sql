-- Long: each rate is written out, of three counts and three costs.
-- Cost and outcomes are each one row per month and scope before they meet: no join multiplies.
with team_costs as (

    select * from {{ ref('fct_cost_attribution_daily') }}
    where is_complete_day

),

repository_costs as (

    select * from {{ ref('fct_repository_costs_daily') }}
    where is_complete_day

),

outcomes as (

    select * from {{ ref('int_outcomes_monthly') }}

),

coverage_days as (

    select
        *,
        cast(date_trunc('month', usage_date) as date) as month_start_date
    from {{ ref('coverage_daily') }}

),

cost_days as (

    select
        'team' as scope_type,
        team_name,
        'all' as repository,
        person_key,
        allocated_cost_usd,
        allocation_confidence <> 'high' as is_shared,
        usage_date
    from team_costs

    union all by name

    select
        'repository' as scope_type,
        'all' as team_name,
        repository,
        person_key,
        estimated_cost_usd as allocated_cost_usd,
        allocation_confidence <> 'high' as is_shared,
        usage_date
    from repository_costs

),

costs as (

    select
        cast(date_trunc('month', usage_date) as date) as month_start_date,
        scope_type,
        team_name,
        repository,
        sum(allocated_cost_usd) as allocated_cost_usd,
        coalesce(sum(allocated_cost_usd) filter (where is_shared), 0) as shared_cost_usd,
        count(distinct person_key) filter (where person_key <> 'unknown') as people_count
    from cost_days
    group by date_trunc('month', usage_date), scope_type, team_name, repository

),

-- A month is whole where each report that it has was complete on each of its days: one that begins
-- within the month leaves it incomplete.
coverage as (

    select
        month_start_date,
        'team' as scope_type,
        count(*) filter (
            where
                'complete' in (console_cost_status, enterprise_cost_status)
                and console_cost_status in ('complete', 'not_read')
                and enterprise_cost_status in ('complete', 'not_read')
        ) as complete_cost_day_count,
        count(distinct console_cost_status) = 1 and count(distinct enterprise_cost_status) = 1
            as has_same_reports,
        min(repository_count) as repository_count,
        min(repositories_read_count) as repositories_read_count
    from coverage_days
    group by month_start_date

    union all by name

    select
        month_start_date,
        'repository' as scope_type,
        count(*) filter (where console_activity_status = 'complete') as complete_cost_day_count,
        true as has_same_reports,
        min(repository_count) as repository_count,
        min(repositories_read_count) as repositories_read_count
    from coverage_days
    group by month_start_date

),

-- No part of the cost: nobody knows here what of it the bill has too.
gateways as (

    select
        cast(date_trunc('month', usage_date) as date) as month_start_date,
        'team' as scope_type,
        team_name,
        'all' as repository,
        sum(claimed_cost_usd) as gateway_claimed_cost_usd,
        sum(list_cost_usd) as gateway_list_cost_usd
    from {{ ref('fct_gateway_usage_daily') }}
    group by date_trunc('month', usage_date), team_name

),

joined as (

    select
        month_start_date,
        scope_type,
        team_name,
        repository,
        'unassigned' in (team_name, repository) as is_unassigned,
        coalesce(costs.allocated_cost_usd, 0) as found_cost_usd,
        costs.shared_cost_usd,
        gateways.gateway_claimed_cost_usd,
        gateways.gateway_list_cost_usd,
        coalesce(costs.people_count, 0) as people_count,
        coalesce(outcomes.author_count, 0) as author_count,
        coalesce(outcomes.liberal_author_count, 0) as liberal_author_count,
        coalesce(outcomes.change_author_count, 0) as change_author_count,
        coalesce(outcomes.merged_pull_request_count, 0) as merged_pull_request_count,
        coalesce(outcomes.commit_count, 0) as commit_count,
        outcomes.effective_lines_added,
        coalesce(outcomes.liberal_merged_pull_request_count, 0)
            as liberal_merged_pull_request_count,
        coalesce(outcomes.liberal_commit_count, 0) as liberal_commit_count,
        outcomes.liberal_effective_lines_added,
        coalesce(outcomes.pull_request_with_files_count, 0) as pull_request_with_files_count,
        coalesce(outcomes.change_count, 0) as change_count,
        coalesce(outcomes.undetermined_change_count, 0) as undetermined_change_count,
        coalesce(coverage.complete_cost_day_count, 0) as complete_cost_day_count,
        coalesce(coverage.repository_count, 0) as repository_count,
        coalesce(coverage.repositories_read_count, 0) as repositories_read_count,
        coalesce(
            coverage.has_same_reports
            and coverage.complete_cost_day_count = day(last_day(month_start_date))
            and coverage.repository_count > 0
            and coverage.repositories_read_count = coverage.repository_count,
            false
        ) as is_complete_month
    from costs
    full join outcomes using (month_start_date, scope_type, team_name, repository)
    full join gateways using (month_start_date, scope_type, team_name, repository)
    left join coverage using (month_start_date, scope_type)

),

-- Nothing is said of the cost of a month without a complete day.
months as (

    select
        month_start_date,
        scope_type,
        sum(found_cost_usd) as month_cost_usd,
        coalesce(sum(found_cost_usd) filter (where is_unassigned), 0) as month_unassigned_cost_usd
    from joined
    where complete_cost_day_count > 0
    group by month_start_date, scope_type

),

costed as (

    select
        joined.*,
        months.month_cost_usd,
        months.month_unassigned_cost_usd,
        case
            when months.month_cost_usd is null then 'month_not_read'
            when
                joined.found_cost_usd = 0
                and months.month_unassigned_cost_usd <> 0
                and not joined.is_unassigned
                then 'nothing_allocated'
        end as cost_not_shown_reason,
        case when cost_not_shown_reason is null then joined.found_cost_usd end
            as allocated_cost_usd,
        -- Nobody knows whose the unassigned cost of the month is: it may all be of this row.
        case
            when not joined.is_unassigned
                then joined.found_cost_usd + months.month_unassigned_cost_usd
        end as upper_cost_usd,
        case when not joined.is_unassigned then allocated_cost_usd end as divided_cost_usd
    from joined
    left join months using (month_start_date, scope_type)

)

select
    scope_type,
    team_name,
    repository,
    is_unassigned,
    case scope_type when 'team' then 'billed' else 'estimated' end as cost_basis,
    cast(allocated_cost_usd as decimal(18, 6)) as allocated_cost_usd,
    cost_not_shown_reason,
    cast(upper_cost_usd as decimal(18, 6)) as upper_cost_usd,
    shared_cost_usd / nullif(found_cost_usd, 0) as shared_cost_ratio,
    case
        when is_unassigned or allocated_cost_usd is null then 'none'
        when month_unassigned_cost_usd > month_cost_usd * 0.25 or shared_cost_ratio > 0.5 then 'low'
        when month_unassigned_cost_usd > month_cost_usd * 0.1 or shared_cost_ratio > 0.1
            then 'medium'
        else 'high'
    end as cost_confidence,
    people_count,
    author_count,
    liberal_author_count,
    change_author_count,
    merged_pull_request_count,
    commit_count,
    effective_lines_added,
    liberal_merged_pull_request_count,
    liberal_commit_count,
    liberal_effective_lines_added,
    {{ cost_per('divided_cost_usd', 'merged_pull_request_count') }}
        as cost_per_merged_pull_request_usd,
    {{ cost_per('divided_cost_usd', 'liberal_merged_pull_request_count') }}
        as cost_per_merged_pull_request_lower_usd,
    {{ cost_per('upper_cost_usd', 'merged_pull_request_count') }}
        as cost_per_merged_pull_request_upper_usd,
    {{ cost_per('divided_cost_usd', 'commit_count') }} as cost_per_commit_usd,
    {{ cost_per('divided_cost_usd', 'liberal_commit_count') }} as cost_per_commit_lower_usd,
    {{ cost_per('upper_cost_usd', 'commit_count') }} as cost_per_commit_upper_usd,
    {{ cost_per('divided_cost_usd', 'effective_lines_added', units=1000) }}
        as cost_per_1000_effective_lines_usd,
    {{ cost_per('divided_cost_usd', 'liberal_effective_lines_added', units=1000) }}
        as cost_per_1000_effective_lines_lower_usd,
    {{ cost_per('upper_cost_usd', 'effective_lines_added', units=1000) }}
        as cost_per_1000_effective_lines_upper_usd,
    pull_request_with_files_count,
    change_count,
    undetermined_change_count,
    undetermined_change_count / nullif(change_count, 0) as undetermined_change_ratio,
    cast(month_cost_usd as decimal(18, 6)) as month_cost_usd,
    cast(month_unassigned_cost_usd as decimal(18, 6)) as month_unassigned_cost_usd,
    -- A share, not an amount.
    month_unassigned_cost_usd / nullif(month_cost_usd, 0) as month_unassigned_cost_ratio,
    cast(gateway_claimed_cost_usd as decimal(24, 12)) as gateway_claimed_cost_usd,
    cast(gateway_list_cost_usd as decimal(24, 12)) as gateway_list_cost_usd,
    complete_cost_day_count,
    repository_count,
    repositories_read_count,
    is_complete_month,
    month_start_date
from costed
