{#- Days before the first budget that its forecasts look back. -#}
{%- set history_days = 84 -%}
with budgets as (

    select * from {{ ref('int_budgets') }}
    -- Nobody seen under that name: `assert_budgets_name_what_is_known` lists them.
    where scope_id <> 'unknown' and valid_from is not null

),

days as (

    select usage_date
    from {{ ref('int_report_days_chosen') }}
    where report_family = 'cost'
    group by usage_date
    having bool_and(is_complete_day)

),

costs as (

    select * from {{ ref('int_costs_attributed') }}

),

scope_costs as (

    select
        'organization' as scope_type,
        organization_kind as scope_id,
        sum(allocated_cost_usd) as cost_usd,
        usage_date
    from costs
    group by organization_kind, usage_date

    union all by name

    select
        'organization' as scope_type,
        'all' as scope_id,
        sum(allocated_cost_usd) as cost_usd,
        usage_date
    from costs
    group by usage_date

    union all by name

    select
        'workspace' as scope_type,
        workspace_id as scope_id,
        sum(allocated_cost_usd) as cost_usd,
        usage_date
    from costs
    group by workspace_id, usage_date

    union all by name

    select
        'team' as scope_type,
        team_name as scope_id,
        sum(allocated_cost_usd) as cost_usd,
        usage_date
    from costs
    group by team_name, usage_date

    union all by name

    select
        'person' as scope_type,
        person_key as scope_id,
        'seed' as budget_source,
        sum(allocated_cost_usd) as cost_usd,
        usage_date
    from costs
    group by person_key, usage_date

    union all by name

    -- A limit of the Enterprise organisation knows nothing of what the Console bills.
    select
        'person' as scope_type,
        person_key as scope_id,
        'spend_limit' as budget_source,
        sum(allocated_cost_usd) as cost_usd,
        usage_date
    from costs
    where organization_kind = 'enterprise'
    group by person_key, usage_date

),

-- A complete day without cost is a day of nothing, and part of the mean.
budget_days as (

    select
        budgets.budget_source,
        budgets.scope_type,
        budgets.scope_id,
        budgets.budget_usd,
        budgets.valid_from,
        budgets.valid_to,
        cast(coalesce(scope_costs.cost_usd, 0) as decimal(18, 6)) as cost_usd,
        days.usage_date
    from budgets
    inner join days
        on
            days.usage_date
            >= cast(date_trunc('month', budgets.valid_from) as date) - {{ history_days }}
            and {{ day_before_end('days.usage_date', 'budgets.valid_to') }}
    left join scope_costs
        on
            budgets.scope_type = scope_costs.scope_type
            and budgets.scope_id = scope_costs.scope_id
            and budgets.budget_source
            = coalesce(scope_costs.budget_source, budgets.budget_source)
            and days.usage_date = scope_costs.usage_date

),

forecasts as (

    {{ month_end_forecast(
        "budget_days", "days", "budget_source, scope_type, scope_id, valid_from"
    ) | indent(4) }}

),

names as (

    select * from {{ ref('int_scope_names') }}

)

select
    budget_source,
    scope_type,
    scope_id,
    coalesce(names.scope_name, scope_id) as scope_name,
    budget_usd,
    cast(actual_cost_usd as decimal(18, 6)) as actual_cost_usd,
    cast(budget_usd - actual_cost_usd as decimal(18, 6)) as remaining_budget_usd,
    forecast_cost_usd,
    forecast_lower_cost_usd,
    forecast_upper_cost_usd,
    cast(forecast_cost_usd - budget_usd as decimal(18, 6)) as forecast_overrun_usd,
    cast(forecast_lower_cost_usd - budget_usd as decimal(18, 6)) as forecast_lower_overrun_usd,
    cast(forecast_upper_cost_usd - budget_usd as decimal(18, 6)) as forecast_upper_overrun_usd,
    (forecast_cost_usd - budget_usd) / nullif(budget_usd, 0) as forecast_overrun_ratio,
    (forecast_lower_cost_usd - budget_usd) / nullif(budget_usd, 0) as forecast_lower_overrun_ratio,
    (forecast_upper_cost_usd - budget_usd) / nullif(budget_usd, 0) as forecast_upper_overrun_ratio,
    case
        when actual_cost_usd >= budget_usd then 0
        when has_forecast and daily_mean > 0
            then cast(floor((budget_usd - actual_cost_usd) / daily_mean) as bigint)
    end as days_until_exhausted,
    case
        when actual_cost_usd >= budget_usd then 'exhausted'
        when not has_forecast then 'undetermined'
        when forecast_cost_usd > budget_usd then 'forecast_over'
        when forecast_upper_cost_usd > budget_usd then 'at_risk'
        else 'within'
    end as budget_status,
    complete_day_count,
    day(usage_date) - complete_day_count as missing_day_count,
    remaining_day_count,
    history_day_count,
    month_start_date,
    usage_date
from forecasts
left join names using (scope_type, scope_id)
