-- The parts of a difference sum to it, and the mart has the bill and the estimates in full.
with mart as (

    select * from {{ ref('cost_reconciliation_daily') }}

)

select
    'parts' as identity,
    usage_date,
    model,
    difference_usd as expected_usd,
    us_residency_usd + rounding_usd + unexplained_usd - coalesce(discount_usd, 0) as found_usd
from mart
where
    difference_usd is not null
    and difference_usd
    is distinct from us_residency_usd + rounding_usd + unexplained_usd - coalesce(discount_usd, 0)

union all by name

select
    'totals' as identity,
    expected.expected_usd,
    found.found_usd
from (
    select
        (select coalesce(sum(billed_cost_usd), 0) from {{ ref('fct_billed_costs_daily') }})
        + (
            select coalesce(sum(estimated_cost_usd), 0)
            from {{ ref('fct_claude_code_model_usage_daily') }}
        ) as expected_usd
) as expected
cross join (
    select
        coalesce(sum(billed_token_cost_usd), 0)
        + coalesce(sum(billed_other_cost_usd), 0)
        + coalesce(sum(claude_code_estimated_cost_usd), 0) as found_usd
    from mart
) as found
where expected.expected_usd <> found.found_usd
