-- Telemetry alone tells in what order requests and results came.
with requests as (

    select * from {{ ref('int_context_requests') }}
    where usage_source = 'telemetry'

),

calls as (

    select * from {{ ref('stg_telemetry__tool_calls') }}
    where event_name = 'tool_result' and tool_result_bytes > 0

),

-- Behind a gateway that gives requests no id, a tool is taken for one of the main thread.
results as (

    select
        calls.call_key,
        coalesce(calls.tool_name, 'unknown') as tool_name,
        calls.tool_result_bytes as result_bytes,
        calls.tool_result_bytes // 4 as result_tokens,
        calls.happened_at,
        coalesce(askers.session_key, calls.session_id) as session_key,
        coalesce(askers.thread, 'main') as thread
    from calls
    left join requests as askers on calls.request_id = askers.request_key

),

-- A result goes to the model with the next request of its thread, and with each one after it until
-- a compaction. What no request followed was never sent.
carried as (

    select
        results.call_key,
        results.tool_name,
        results.result_bytes,
        results.result_tokens,
        requests.request_key,
        requests.person_key,
        requests.team_name,
        requests.later_request_count,
        requests.has_price,
        requests.cache_write_5m_usd_per_million,
        requests.cache_read_usd_per_million,
        requests.usage_date
    from results
    asof inner join requests
        on
            results.session_key = requests.session_key
            and results.thread = requests.thread
            and results.happened_at <= requests.ended_at

)

select
    call_key,
    tool_name,
    result_bytes,
    result_tokens,
    request_key,
    person_key,
    team_name,
    result_bytes >= {{ var("large_tool_result_bytes") }} as is_large,
    case
        when has_price
            then
                cast(
                    {{ list_price_of_tokens('result_tokens', 'cache_write_5m_usd_per_million') }}
                    + {{ list_price_of_tokens(
                        'result_tokens * later_request_count', 'cache_read_usd_per_million'
                    ) }} as decimal(24, 12)
                )
    end as cost_usd,
    usage_date
from carried
