with points as (

    select * replace (try_cast(value as decimal(28, 12)) as value)
    from {{ source('raw_telemetry', 'points') }}
    where metric_name <> 'other'

),

once as (

    select * from points
    qualify row_number() over (
        partition by point_key
        order by identity_hash nulls last, row_key
    ) = 1

),

-- A counter begins again with each process, which its start tells. What came late is in its place
-- by its time.
counted as (

    select
        *,
        max(value) over (
            partition by series_key, start_ns
            order by time_ns, value
            rows between unbounded preceding and 1 preceding
        ) as counted_before
    from once

)

select
    point_key,
    series_key,
    metric_name,
    {{ telemetry_origin() }},
    point_type,
    start_type,
    model,
    tool_name,
    decision,
    decision_source,
    coalesce(is_cumulative, false) as is_cumulative,
    value as sent_value,
    case
        when coalesce(is_cumulative, false)
            then greatest(value - coalesce(counted_before, 0), 0)
        else value
    end as added_value,
    {{ instant_of_nanoseconds('time_ns') }} as counted_at,
    cast({{ instant_of_nanoseconds('time_ns') }} as date) as usage_date,
    {{ utc_timestamp('fetched_at') }} as loaded_at
from counted
