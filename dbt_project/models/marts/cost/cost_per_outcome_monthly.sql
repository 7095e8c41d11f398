{%- set outcomes = ["merged_pull_request_count", "commit_count", "effective_lines_added"] -%}
{%- set grain = ["month_start_date", "scope_type", "team_name", "repository"] -%}
{#- Scope, its column, and the column that is `all`. -#}
{%- set scopes = [
    ("team", "team_name", "repository"),
    ("repository", "repository", "team_name"),
] -%}
{#- What is divided by, in which units, and the rate's name. -#}
{%- set rates = [
    ("merged_pull_request_count", 1, "cost_per_merged_pull_request"),
    ("commit_count", 1, "cost_per_commit"),
    ("effective_lines_added", 1000, "cost_per_1000_effective_lines"),
] -%}
{#- Whose authors are counted: of outcomes, of those that the liberal reading counts, of all. -#}
{%- set authors = [
    ("author_count", "claude_attribution = 'with_claude'"),
    ("liberal_author_count", "attribution_liberal = 'with_claude'"),
    ("change_author_count", "true"),
] -%}
-- Cost and outcomes are each one row per month and scope before they meet: no join multiplies.
with {{ contribution_ctes('month') }},

cost_days as (

    select
        'team' as scope_type,
        team_name,
        'all' as repository,
        person_key,
        allocated_cost_usd,
        allocation_confidence <> 'high' as is_shared,
        usage_date
    from {{ ref('fct_cost_attribution_daily') }}
    where is_complete_day

    union all by name

    select
        'repository' as scope_type,
        'all' as team_name,
        repository,
        person_key,
        estimated_cost_usd as allocated_cost_usd,
        allocation_confidence <> 'high' as is_shared,
        usage_date
    from {{ ref('fct_repository_costs_daily') }}
    where is_complete_day

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

outcomes as (

    {% for scope, own, other in scopes %}
    select
        month_start_date,
        '{{ scope }}' as scope_type,
        {{ own }},
        'all' as {{ other }},
        {% for outcome in outcomes -%}
        sum({{ outcome }}) filter (where claude_attribution = 'with_claude') as {{ outcome }},
        sum({{ outcome }}) filter (where attribution_liberal = 'with_claude')
            as liberal_{{ outcome }},
        {% endfor -%}
        sum(pull_request_with_files_count) filter (where claude_attribution = 'with_claude')
            as pull_request_with_files_count,
        sum(merged_pull_request_count + commit_count) as change_count,
        sum(merged_pull_request_count + commit_count) filter (
            where attribution_balanced = 'undetermined'
        ) as undetermined_change_count
    from {{ ref('contributions_monthly') }}
    group by month_start_date, {{ own }}
    {% if not loop.last %}union all by name{% endif %}
    {% endfor %}

),

-- People cannot be added over the rows of contributions_monthly.
authors as (

    {% for scope, own, other in scopes %}
    select
        month_start_date,
        '{{ scope }}' as scope_type,
        {{ own }},
        'all' as {{ other }},
        {% for count, condition in authors -%}
        count(distinct person_key) filter (where {{ condition }}) as {{ count }}
        {{- "," if not loop.last }}
        {% endfor %}
    from contributions
    where not is_bot and not is_merge
    group by month_start_date, {{ own }}
    {% if not loop.last %}union all by name{% endif %}
    {% endfor %}

),

-- A month is whole where each report that it has was complete on each of its days: one that begins
-- within the month leaves it incomplete.
coverage as (

    select
        cast(date_trunc('month', usage_date) as date) as month_start_date,
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
    from {{ ref('coverage_daily') }}
    group by date_trunc('month', usage_date)

    union all by name

    select
        cast(date_trunc('month', usage_date) as date) as month_start_date,
        'repository' as scope_type,
        count(*) filter (where console_activity_status = 'complete') as complete_cost_day_count,
        true as has_same_reports,
        min(repository_count) as repository_count,
        min(repositories_read_count) as repositories_read_count
    from {{ ref('coverage_daily') }}
    group by date_trunc('month', usage_date)

),

joined as (

    select
        {{ grain | join(',\n        ') }},
        'unassigned' in (team_name, repository) as is_unassigned,
        coalesce(costs.allocated_cost_usd, 0) as found_cost_usd,
        costs.shared_cost_usd,
        coalesce(costs.people_count, 0) as people_count,
        {% for count, _ in authors -%}
        coalesce(authors.{{ count }}, 0) as {{ count }},
        {% endfor -%}
        {% for reading in ["", "liberal_"] -%}
        cast(coalesce(outcomes.{{ reading }}merged_pull_request_count, 0) as bigint)
            as {{ reading }}merged_pull_request_count,
        cast(coalesce(outcomes.{{ reading }}commit_count, 0) as bigint)
            as {{ reading }}commit_count,
        cast(outcomes.{{ reading }}effective_lines_added as bigint)
            as {{ reading }}effective_lines_added,
        {% endfor -%}
        cast(coalesce(outcomes.pull_request_with_files_count, 0) as bigint)
            as pull_request_with_files_count,
        cast(coalesce(outcomes.change_count, 0) as bigint) as change_count,
        cast(coalesce(outcomes.undetermined_change_count, 0) as bigint)
            as undetermined_change_count,
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
    full join outcomes using ({{ grain | join(', ') }})
    left join authors using ({{ grain | join(', ') }})
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
    {% for count, _ in authors -%}
    {{ count }},
    {% endfor -%}
    {% for reading in ["", "liberal_"] -%}
    {% for outcome in outcomes -%}
    {{ reading ~ outcome }},
    {% endfor -%}
    {% endfor -%}
    -- Whole millionths divided as integers: exact but for the last digit, which is cut off.
    {% for count, units, name in rates -%}
    cast(
        {{ micros('divided_cost_usd') }} * {{ units }}
        // nullif({{ count }}, 0) * 0.000001 as decimal(18, 6)
    ) as {{ name }}_usd,
    cast(
        {{ micros('divided_cost_usd') }} * {{ units }}
        // nullif(liberal_{{ count }}, 0) * 0.000001 as decimal(18, 6)
    ) as {{ name }}_lower_usd,
    cast(
        {{ micros('upper_cost_usd') }} * {{ units }}
        // nullif({{ count }}, 0) * 0.000001 as decimal(18, 6)
    ) as {{ name }}_upper_usd,
    {% endfor -%}
    pull_request_with_files_count,
    change_count,
    undetermined_change_count,
    undetermined_change_count / nullif(change_count, 0) as undetermined_change_ratio,
    cast(month_cost_usd as decimal(18, 6)) as month_cost_usd,
    cast(month_unassigned_cost_usd as decimal(18, 6)) as month_unassigned_cost_usd,
    -- A share, not an amount.
    month_unassigned_cost_usd / nullif(month_cost_usd, 0) as month_unassigned_cost_ratio,
    complete_cost_day_count,
    repository_count,
    repositories_read_count,
    is_complete_month,
    month_start_date
from costed
