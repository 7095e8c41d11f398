-- Each record is rounded once, by at most half of a millionth of a dollar.
with cents as (

    select
        coalesce(sum(estimated_cost_cents), 0) * 0.01 as staged_usd,
        count(*) * 0.0000005 as tolerance_usd
    from {{ ref('stg_anthropic__claude_code_model_usage') }}
    where {{ in_untested_days('usage_date') }}

),

mart as (

    select coalesce(sum(estimated_cost_usd), 0) as mart_usd
    from {{ ref('fct_claude_code_model_usage_daily') }}
    where {{ in_untested_days('usage_date') }}

)

select
    cents.staged_usd,
    mart.mart_usd
from cents
cross join mart
where abs(cents.staged_usd - mart.mart_usd) > cents.tolerance_usd
