-- What a budget of an organisation or workspace is said to have spent is the bill, to the digit.
with billed as (

    select
        'workspace' as scope_type,
        workspace_id as scope_id,
        billed_cost_usd,
        usage_date
    from {{ ref('fct_billed_costs_daily') }}

    union all by name

    select
        'organization' as scope_type,
        case when starts_with(cost_source, 'enterprise') then 'enterprise' else 'console' end
            as scope_id,
        billed_cost_usd,
        usage_date
    from {{ ref('fct_billed_costs_daily') }}

    union all by name

    select
        'organization' as scope_type,
        'all' as scope_id,
        billed_cost_usd,
        usage_date
    from {{ ref('fct_billed_costs_daily') }}

),

complete_days as (

    select usage_date
    from {{ ref('int_report_days_chosen') }}
    where report_family = 'cost'
    group by usage_date
    having bool_and(is_complete_day)

),

expected as (

    select
        status.budget_source,
        status.scope_type,
        status.scope_id,
        status.usage_date,
        status.actual_cost_usd,
        coalesce(sum(billed.billed_cost_usd), 0) as billed_cost_usd
    from {{ ref('budget_status_daily') }} as status
    left join billed
        on
            status.scope_type = billed.scope_type
            and status.scope_id = billed.scope_id
            and billed.usage_date between status.month_start_date and status.usage_date
            and billed.usage_date in (select usage_date from complete_days)
    where status.scope_type in ('organization', 'workspace')
    group by
        status.budget_source,
        status.scope_type,
        status.scope_id,
        status.usage_date,
        status.actual_cost_usd

)

select *
from expected
where actual_cost_usd <> billed_cost_usd
