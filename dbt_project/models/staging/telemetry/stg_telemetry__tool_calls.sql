with events as (

    select
        *,
        coalesce(tool_use_id, {{ telemetry_event_key() }}) as call_key
    from {{ source('raw_telemetry', 'events') }}
    where event_name in ('tool_decision', 'tool_result')

),

once as (

    select * from events
    qualify row_number() over (
        partition by call_key, event_name
        order by identity_hash nulls last, row_key
    ) = 1

)

select
    call_key,
    event_name,
    request_id,
    {{ telemetry_origin() }},
    tool_name,
    tool_source,
    decision,
    decision_source,
    is_success,
    duration_ms,
    tool_input_bytes,
    tool_result_bytes,
    {{ instant_of_nanoseconds('time_ns') }} as happened_at,
    {{ utc_timestamp('fetched_at') }} as loaded_at
from once
