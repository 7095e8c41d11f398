with buckets as (

    select
        window_key,
        page_number,
        fetched_at,
        from_json(
            body,
            '{
                "starting_at": "VARCHAR",
                "results": [{
                    "workspace_id": "VARCHAR",
                    "api_key_id": "VARCHAR",
                    "model": "VARCHAR",
                    "service_tier": "VARCHAR",
                    "context_window": "VARCHAR",
                    "uncached_input_tokens": "BIGINT",
                    "output_tokens": "BIGINT",
                    "cache_read_input_tokens": "BIGINT",
                    "cache_creation": {
                        "ephemeral_5m_input_tokens": "BIGINT",
                        "ephemeral_1h_input_tokens": "BIGINT"
                    },
                    "server_tool_use": {"web_search_requests": "BIGINT"}
                }]
            }'
        ) as bucket
    from {{ source('raw_anthropic', 'usage_report_messages') }}

),

results as (

    select
        window_key,
        page_number,
        generate_subscripts(bucket.results, 1) as result_number,
        unnest(bucket.results) as result,
        {{ utc_date('bucket.starting_at') }} as usage_date,
        {{ utc_timestamp('fetched_at') }} as loaded_at
    from buckets

)

select
    window_key,
    page_number,
    result_number,
    result.workspace_id as workspace_id,
    result.api_key_id as api_key_id,
    result.model as model,
    result.service_tier as service_tier,
    result.context_window as context_window,
    result.uncached_input_tokens as uncached_input_tokens,
    result.output_tokens as output_tokens,
    result.cache_read_input_tokens as cache_read_tokens,
    result.cache_creation.ephemeral_5m_input_tokens as cache_creation_5m_tokens,
    result.cache_creation.ephemeral_1h_input_tokens as cache_creation_1h_tokens,
    result.server_tool_use.web_search_requests as web_search_count,
    usage_date,
    loaded_at
from results
