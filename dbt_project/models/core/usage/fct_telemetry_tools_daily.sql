with events as (

    select * from {{ ref('stg_telemetry__tool_calls') }}

),

people as (

    select * from {{ ref('int_hashed_people') }}

),

-- A call is decided on and then has a result, a row each; what is refused has none.
calls as (

    select
        call_key,
        min(identity_hash) as identity_hash,
        coalesce(
            max(tool_name) filter (where event_name = 'tool_result'), max(tool_name)
        ) as tool_name,
        max(tool_source) as tool_source,
        max(decision) filter (where event_name = 'tool_decision') as decision,
        max(decision) as any_decision,
        bool_or(event_name = 'tool_result') as has_result,
        bool_or(is_success = false) as has_failed,
        max(duration_ms) filter (where event_name = 'tool_result') as duration_ms,
        max(tool_result_bytes) as result_bytes,
        cast(min(happened_at) as date) as usage_date
    from events
    group by call_key

)

select
    calls.usage_date,
    people.person_key,
    coalesce(calls.tool_name, 'unknown') as tool_name,
    coalesce(
        calls.tool_source,
        case when calls.tool_name = 'mcp_tool' then 'mcp' end,
        'unknown'
    ) as tool_source,
    coalesce(calls.decision, calls.any_decision, 'unknown') as decision,
    count(*) as call_count,
    count(*) filter (where calls.has_failed) as failed_call_count,
    count(*) filter (where not calls.has_result) as unfinished_call_count,
    cast(sum(calls.duration_ms) as bigint) as duration_ms,
    cast(sum(calls.result_bytes) as bigint) as result_bytes
from calls
left join people on calls.identity_hash = people.identity_hash
group by all
