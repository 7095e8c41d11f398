{{ config(
    materialized="incremental",
    unique_key="usage_date",
    post_hook="{{ remember_built_days(ref('int_day_fingerprints')) }}",
) }}

-- What each person, key, model, workspace and organisation cost by day, on complete days. Two
-- bases that never mix: Claude Code's estimates, and the bill.
with estimates as (

    select * from {{ ref('fct_claude_code_model_usage_daily') }}
    where is_complete_day and {{ in_changed_days('usage_date') }}

),

billed as (

    select * from {{ ref('int_costs_billed') }}
    where is_complete_day and {{ in_changed_days('usage_date') }}

),

people as (

    select person_key
    from {{ ref('int_people_known') }}
    where is_human

),

series as (

    select
        'person' as scope_type,
        estimates.person_key as scope_id,
        'console' as organization_kind,
        'estimated' as cost_basis,
        sum(estimates.estimated_cost_usd) as cost_usd,
        sum(estimates.input_tokens + estimates.cache_creation_tokens + estimates.cache_read_tokens)
            as prompt_tokens,
        sum(estimates.cache_read_tokens) as cache_read_tokens,
        estimates.usage_date
    from estimates
    inner join people on estimates.person_key = people.person_key
    group by estimates.person_key, estimates.usage_date

    union all by name

    select
        'actor_key' as scope_type,
        actor_key as scope_id,
        'console' as organization_kind,
        'estimated' as cost_basis,
        sum(estimated_cost_usd) as cost_usd,
        sum(input_tokens + cache_creation_tokens + cache_read_tokens) as prompt_tokens,
        sum(cache_read_tokens) as cache_read_tokens,
        usage_date
    from estimates
    where actor_type = 'api_actor'
    group by actor_key, usage_date

    union all by name

    select
        'model' as scope_type,
        model as scope_id,
        'console' as organization_kind,
        'estimated' as cost_basis,
        sum(estimated_cost_usd) as cost_usd,
        sum(input_tokens + cache_creation_tokens + cache_read_tokens) as prompt_tokens,
        sum(cache_read_tokens) as cache_read_tokens,
        usage_date
    from estimates
    group by model, usage_date

    union all by name

    select
        'person' as scope_type,
        billed.person_key as scope_id,
        billed.organization_kind,
        'billed' as cost_basis,
        sum(billed.billed_cost_usd) as cost_usd,
        billed.usage_date
    from billed
    inner join people on billed.person_key = people.person_key
    where billed.organization_kind = 'enterprise'
    group by billed.person_key, billed.organization_kind, billed.usage_date

    union all by name

    select
        'workspace' as scope_type,
        workspace_id as scope_id,
        organization_kind,
        'billed' as cost_basis,
        sum(billed_cost_usd) as cost_usd,
        usage_date
    from billed
    where organization_kind = 'console'
    group by workspace_id, organization_kind, usage_date

    union all by name

    select
        'organization' as scope_type,
        organization_kind as scope_id,
        organization_kind,
        'billed' as cost_basis,
        sum(billed_cost_usd) as cost_usd,
        usage_date
    from billed
    group by organization_kind, usage_date

)

select
    scope_type,
    scope_id,
    organization_kind,
    cost_basis,
    cast(cost_usd as decimal(18, 6)) as cost_usd,
    cast(prompt_tokens as bigint) as prompt_tokens,
    cast(cache_read_tokens as bigint) as cache_read_tokens,
    usage_date
from series
