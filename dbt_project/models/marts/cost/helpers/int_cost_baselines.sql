{%- set scope = "scope_type, scope_id, organization_kind, cost_basis" -%}
{{ config(
    materialized="incremental",
    unique_key="usage_date",
    post_hook="{{ remember_built_days(ref('int_day_fingerprints')) }}",
    meta={"days_before": 56},
) }}

with series as (

    select * from {{ ref('int_cost_series') }}
    where {{ in_changed_days('usage_date', days_before=56) }}

),

baselines as (

    {{ cost_baselines("series", scope, in_changed_days("usage_date")) | indent(4) }}

)

select
    scope_type,
    scope_id,
    organization_kind,
    cost_basis,
    baseline_level,
    baseline_day_count,
    cost_usd,
    expected_cost_usd,
    excess_cost_usd,
    log_ratio,
    prompt_tokens,
    cache_read_tokens / nullif(prompt_tokens, 0) as cache_read_ratio,
    usage_date
from baselines
