-- The months of all people are the complete days of the bill, to the last digit; a list cost that is
-- the report's alone is that of its lines; and each row has a list cost or a reason.
with days as (

    select
        cast(date_trunc('month', usage_date) as date) as month_start_date,
        cost_source,
        model,
        cost_type,
        sum(billed_cost_usd) as billed_cost_usd,
        sum(list_cost_usd) as list_cost_usd
    from {{ ref('fct_billed_costs_daily') }}
    where is_complete_day
    group by all

),

people as (

    select
        month_start_date,
        cost_source,
        model,
        cost_type,
        sum(allocated_cost_usd) as allocated_cost_usd,
        sum(list_cost_usd) as list_cost_usd,
        coalesce(bool_and(list_cost_basis = 'report'), false) and count(list_cost_basis) = count(*)
            as is_as_reported,
        bool_or(list_cost_usd is null and list_cost_unknown_reason is null) as is_without_reason,
        bool_or(list_cost_usd is not null and list_cost_unknown_reason is not null)
            as is_known_and_not
    from {{ ref('person_discounts_monthly') }}
    group by all

)

select
    month_start_date,
    cost_source,
    model,
    cost_type,
    days.billed_cost_usd,
    people.allocated_cost_usd,
    days.list_cost_usd as daily_list_cost_usd,
    people.list_cost_usd as monthly_list_cost_usd
from days
full join people using (month_start_date, cost_source, model, cost_type)
where
    days.billed_cost_usd is distinct from people.allocated_cost_usd
    or (people.is_as_reported and days.list_cost_usd is distinct from people.list_cost_usd)
    or people.is_without_reason
    or people.is_known_and_not
