{%- set shape -%}
    {
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
    }
{%- endset -%}
{{ config(materialized="incremental") }}

with results as (

    {{ page_records("usage_report_messages", shape, list="results") }}

)

select
    window_key,
    page_number,
    record_number as result_number,
    record.workspace_id as workspace_id,
    record.api_key_id as api_key_id,
    record.model as model,
    record.service_tier as service_tier,
    record.context_window as context_window,
    record.uncached_input_tokens as uncached_input_tokens,
    record.output_tokens as output_tokens,
    record.cache_read_input_tokens as cache_read_tokens,
    record.cache_creation.ephemeral_5m_input_tokens as cache_creation_5m_tokens,
    record.cache_creation.ephemeral_1h_input_tokens as cache_creation_1h_tokens,
    record.server_tool_use.web_search_requests as web_search_count,
    {{ utc_date('page_starting_at') }} as usage_date,
    loaded_at,
    run_id
from results
