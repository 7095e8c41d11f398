with requests as (

    select
        *,
        coalesce(request_id, {{ telemetry_event_key() }}) as request_key,
        coalesce(
            try_cast(cost_usd as decimal(24, 12)),
            cast(cost_usd_micros as decimal(24, 12)) / 1000000
        ) as cost_of_request_usd
    from {{ source('raw_telemetry', 'events') }}
    where event_name = 'api_request'

),

-- Of a request that two ways brought, the same one row whatever came first.
once as (

    select * from requests
    qualify row_number() over (
        partition by request_key
        order by output_tokens desc nulls last, identity_hash nulls last, row_key
    ) = 1

)

select
    request_key,
    request_id,
    prompt_id,
    {{ telemetry_origin() }},
    entrypoint,
    provider,
    has_custom_base_url,
    {{ anthropic_model('model') }} as model,
    model as raw_model,
    query_source,
    agent_name,
    skill_name,
    mcp_server_name,
    speed,
    input_tokens as uncached_input_tokens,
    cache_read_tokens,
    -- Older clients give the sum alone: what is not said to be kept an hour is kept five minutes.
    greatest(
        coalesce(cache_creation_5m_tokens, 0),
        coalesce(cache_creation_tokens, 0) - coalesce(cache_creation_1h_tokens, 0)
    ) as cache_creation_5m_tokens,
    coalesce(cache_creation_1h_tokens, 0) as cache_creation_1h_tokens,
    output_tokens,
    cast(cost_of_request_usd as decimal(24, 12)) as estimated_cost_usd,
    duration_ms,
    ttft_ms,
    {{ instant_of_nanoseconds('time_ns') }} as requested_at,
    cast({{ instant_of_nanoseconds('time_ns') }} as date) as usage_date,
    {{ utc_timestamp('fetched_at') }} as loaded_at
from once
