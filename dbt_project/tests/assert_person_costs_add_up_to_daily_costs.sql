-- A month's people together cost what the days of the month do, by estimate and by bill.
with daily as (

    select
        cast(date_trunc('month', usage_date) as date) as month_start_date,
        sum(estimated_cost_usd) as estimated_cost_usd
    from {{ ref('fct_claude_code_model_usage_daily') }}
    where is_complete_day
    group by month_start_date

    union all by name

    select
        cast(date_trunc('month', usage_date) as date) as month_start_date,
        sum(billed_cost_usd) as allocated_cost_usd
    from {{ ref('fct_billed_costs_daily') }}
    where is_complete_day
    group by month_start_date

),

days as (

    select
        month_start_date,
        sum(estimated_cost_usd) as estimated_cost_usd,
        sum(allocated_cost_usd) as allocated_cost_usd
    from daily
    group by month_start_date

),

people as (

    select
        month_start_date,
        sum(estimated_cost_usd) as estimated_cost_usd,
        sum(allocated_cost_usd) as allocated_cost_usd
    from {{ ref('person_costs_monthly') }}
    group by month_start_date

)

select
    month_start_date,
    days.estimated_cost_usd as daily_estimated_cost_usd,
    people.estimated_cost_usd as monthly_estimated_cost_usd,
    days.allocated_cost_usd as daily_allocated_cost_usd,
    people.allocated_cost_usd as monthly_allocated_cost_usd
from days
full join people using (month_start_date)
where
    days.estimated_cost_usd is distinct from people.estimated_cost_usd
    or days.allocated_cost_usd is distinct from people.allocated_cost_usd
