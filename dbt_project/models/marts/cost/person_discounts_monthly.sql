{{ config(
    materialized="incremental",
    unique_key="month_start_date",
    post_hook="{{ remember_built_days(ref('int_day_fingerprints')) }}",
) }}

with allocated as (

    select
        usage_date,
        person_key,
        cost_source,
        organization_kind,
        model,
        cost_type,
        sum(allocated_cost_usd) as allocated_cost_usd
    from {{ ref('int_costs_attributed') }}
    where is_complete_day and {{ in_changed_days('usage_date') }}
    group by usage_date, person_key, cost_source, organization_kind, model, cost_type

),

-- Null as soon as one line has no list cost.
reported as (

    select
        usage_date,
        person_key,
        cost_source,
        model,
        cost_type,
        sum(billed_cost_usd) as billed_cost_usd,
        case when count(*) = count(list_cost_usd) then sum(list_cost_usd) end as list_cost_usd
    from {{ ref('fct_billed_costs_daily') }}
    where is_complete_day and {{ in_changed_days('usage_date') }}
    group by usage_date, person_key, cost_source, model, cost_type

),

-- Tokens of Priority Tier are on no bill.
priced as (

    select
        usage_date,
        organization_kind,
        person_key,
        model,
        case when bool_and(is_priced) then sum(list_cost_usd) end as list_cost_usd
    from {{ ref('int_usage_priced') }}
    where
        service_tier <> 'priority'
        and is_complete_day
        and {{ in_changed_days('usage_date') }}
    group by usage_date, organization_kind, person_key, model

),

daily as (

    select
        allocated.*,
        case
            -- Of a line that was shared out the report says nothing by person.
            when
                reported.list_cost_usd is not null
                and reported.billed_cost_usd = allocated.allocated_cost_usd
                then 'report'
            when allocated.cost_type = 'tokens' and priced.list_cost_usd is not null
                then 'list_prices'
        end as list_cost_basis,
        case list_cost_basis
            when 'report' then reported.list_cost_usd
            when 'list_prices' then priced.list_cost_usd
        end as list_cost_usd,
        case
            when list_cost_basis is not null then null
            when allocated.cost_type <> 'tokens' then 'not_of_tokens'
            when priced.usage_date is null then 'no_usage'
            else 'unpriced_model'
        end as list_cost_unknown_reason
    from allocated
    left join reported
        on
            allocated.usage_date = reported.usage_date
            and allocated.person_key = reported.person_key
            and allocated.cost_source = reported.cost_source
            and allocated.model = reported.model
            and allocated.cost_type = reported.cost_type
    left join priced
        on
            allocated.usage_date = priced.usage_date
            and allocated.organization_kind = priced.organization_kind
            and allocated.person_key = priced.person_key
            and allocated.model = priced.model

),

monthly as (

    select
        cast(date_trunc('month', usage_date) as date) as month_start_date,
        person_key,
        cost_source,
        model,
        cost_type,
        cast(sum(allocated_cost_usd) as decimal(18, 6)) as allocated_cost_usd,
        sum(list_cost_usd) as list_cost_usd,
        min(list_cost_basis) as first_list_cost_basis,
        max(list_cost_basis) as last_list_cost_basis,
        -- A month of which a day is not known is not known.
        max(list_cost_unknown_reason) as list_cost_unknown_reason
    from daily
    group by date_trunc('month', usage_date), person_key, cost_source, model, cost_type

),

known as (

    select
        * exclude (list_cost_usd),
        case
            when list_cost_unknown_reason is null then cast(list_cost_usd as decimal(18, 6))
        end as list_cost_usd,
        case
            when list_cost_unknown_reason is not null then null
            when first_list_cost_basis = last_list_cost_basis then first_list_cost_basis
            else 'both'
        end as list_cost_basis
    from monthly

)

select
    person_key,
    cost_source,
    model,
    cost_type,
    allocated_cost_usd,
    list_cost_usd,
    list_cost_basis,
    list_cost_unknown_reason,
    cast(list_cost_usd - allocated_cost_usd as decimal(18, 6)) as discount_usd,
    cast(list_cost_usd - allocated_cost_usd as double) / nullif(list_cost_usd, 0)
        as discount_ratio,
    month_start_date
from known
