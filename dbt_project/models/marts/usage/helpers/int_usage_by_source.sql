{{ config(
    materialized="incremental",
    unique_key="usage_date",
    post_hook="{{ remember_built_days(ref('int_day_fingerprints'), ref('int_source_day_fingerprints')) }}",
) }}

-- One request may be in each of these: rows of different sources are compared, and never added.
with reported as (

    select
        'admin' as usage_source,
        'direct' as usage_route,
        person_key,
        model,
        input_tokens as uncached_input_tokens,
        cache_read_tokens,
        cache_creation_tokens,
        output_tokens,
        is_complete_day,
        usage_date
    from {{ ref('fct_claude_code_model_usage_daily') }}
    where {{ in_changed_days('usage_date') }}

),

through_gateways as (

    select
        'gateway' as usage_source,
        'gateway' as usage_route,
        person_key,
        model,
        uncached_input_tokens,
        cache_read_tokens,
        cache_creation_5m_tokens + cache_creation_1h_tokens as cache_creation_tokens,
        output_tokens,
        true as is_complete_day,
        usage_date
    from {{ ref('fct_gateway_usage_daily') }}
    where request_status = 'success' and {{ in_changed_days('usage_date') }}

),

sent as (

    select
        'telemetry' as usage_source,
        {{ route_of_telemetry() }} as usage_route,
        person_key,
        model,
        uncached_input_tokens,
        cache_read_tokens,
        cache_creation_5m_tokens + cache_creation_1h_tokens as cache_creation_tokens,
        output_tokens,
        true as is_complete_day,
        usage_date
    from {{ ref('fct_telemetry_usage_daily') }}
    where {{ in_changed_days('usage_date') }}

),

exported as (

    select
        'local' as usage_source,
        {{ route_of_transcripts() }} as usage_route,
        person_key,
        model,
        uncached_input_tokens,
        cache_read_tokens,
        cache_creation_5m_tokens + cache_creation_1h_tokens as cache_creation_tokens,
        output_tokens,
        is_complete_day,
        usage_date
    from {{ ref('fct_local_usage_daily') }}
    where {{ in_changed_days('usage_date') }}

),

unioned as (

    select * from reported
    union all by name
    select * from through_gateways
    union all by name
    select * from sent
    union all by name
    select * from exported

)

select
    usage_source,
    case usage_source when 'admin' then 1 when 'gateway' then 2 when 'telemetry' then 3 else 4 end
        as preference,
    usage_route,
    -- All whom no address leads to are one.
    coalesce(person_key, 'unknown') as person_key,
    coalesce(model, 'unmapped') as model,
    cast(sum(uncached_input_tokens) as bigint) as uncached_input_tokens,
    cast(sum(cache_read_tokens) as bigint) as cache_read_tokens,
    cast(sum(cache_creation_tokens) as bigint) as cache_creation_tokens,
    cast(sum(output_tokens) as bigint) as output_tokens,
    cast(
        sum(
            coalesce(uncached_input_tokens, 0) + coalesce(cache_read_tokens, 0)
            + coalesce(cache_creation_tokens, 0) + coalesce(output_tokens, 0)
        ) as bigint
    ) as tokens,
    bool_and(is_complete_day) as is_complete_day,
    usage_date
from unioned
group by
    usage_source,
    usage_route,
    coalesce(person_key, 'unknown'),
    coalesce(model, 'unmapped'),
    usage_date
