{{ config(
    materialized="incremental",
    unique_key="month_start_date",
    post_hook="{{ remember_built_days(ref('int_day_fingerprints')) }}",
) }}

-- Small, for what is asked most: summing the daily facts of ten thousand people takes a reader
-- seconds.
with estimates as (

    select
        person_key,
        cast(date_trunc('month', usage_date) as date) as month_start_date,
        count(distinct usage_date) as claude_code_day_count,
        sum(estimated_cost_usd) as estimated_cost_usd
    from {{ ref('fct_claude_code_model_usage_daily') }}
    where is_complete_day and {{ in_changed_days('usage_date') }}
    group by person_key, date_trunc('month', usage_date)

),

allocated as (

    select
        person_key,
        cast(date_trunc('month', usage_date) as date) as month_start_date,
        sum(allocated_cost_usd) as allocated_cost_usd
    from {{ ref('fct_cost_attribution_daily') }}
    where is_complete_day and {{ in_changed_days('usage_date') }}
    group by person_key, date_trunc('month', usage_date)

)

select
    person_key,
    coalesce(estimates.claude_code_day_count, 0) as claude_code_day_count,
    cast(estimates.estimated_cost_usd as decimal(18, 6)) as estimated_cost_usd,
    cast(allocated.allocated_cost_usd as decimal(18, 6)) as allocated_cost_usd,
    month_start_date
from estimates
full join allocated using (person_key, month_start_date)
