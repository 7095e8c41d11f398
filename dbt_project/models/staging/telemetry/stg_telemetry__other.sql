with events as (

    select distinct
        {{ telemetry_event_key() }} as record_key,
        event_name as record_name,
        'event' as record_kind,
        time_ns
    from {{ source('raw_telemetry', 'events') }}
    where event_name not in ('api_request', 'tool_decision', 'tool_result')

),

points as (

    select distinct
        point_key as record_key,
        metric_name as record_name,
        'point' as record_kind,
        time_ns
    from {{ source('raw_telemetry', 'points') }}
    where metric_name = 'other'

),

unioned as (

    select * from events
    union all by name
    select * from points

)

select
    record_kind,
    record_name,
    cast({{ instant_of_nanoseconds('time_ns') }} as date) as usage_date,
    count(*) as record_count
from unioned
group by all
