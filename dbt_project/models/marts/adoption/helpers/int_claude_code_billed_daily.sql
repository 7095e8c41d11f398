{{ config(
    materialized="incremental",
    unique_key="usage_date",
    post_hook="{{ remember_built_days(ref('int_day_fingerprints')) }}",
) }}

-- The older cost report names no product, so that its days say nothing.
with billed as (

    select
        organization_kind,
        usage_date,
        coalesce(sum(billed_cost_usd) filter (where product = 'claude_code'), 0)
            as billed_claude_code_usd
    from {{ ref('int_costs_billed') }}
    where {{ in_changed_days('usage_date') }}
    group by all
    having bool_or(product <> 'none')

),

active as (

    select distinct
        {{ organization_kind_of('source_report') }} as organization_kind,
        usage_date
    from {{ ref('fct_claude_code_activity_daily') }}
    where {{ in_changed_days('usage_date') }}

),

activity_days as (

    select
        organization_kind,
        usage_date
    from {{ ref('int_report_days_chosen') }}
    where report_family = 'activity' and is_complete_day and {{ in_changed_days('usage_date') }}

)

select
    billed.organization_kind,
    cast(billed.billed_claude_code_usd as decimal(18, 6)) as billed_claude_code_usd,
    billed.billed_claude_code_usd > 0
    and activity_days.usage_date is not null
    and active.usage_date is null as is_missing_people,
    billed.usage_date
from billed
left join activity_days
    on
        billed.organization_kind = activity_days.organization_kind
        and billed.usage_date = activity_days.usage_date
left join active
    on
        billed.organization_kind = active.organization_kind
        and billed.usage_date = active.usage_date
