{{ config(materialized="incremental") }}

with minutes as (

    {{ page_records(
        "usage_report_messages_by_minute",
        '{"starting_at": "VARCHAR", "results": [' ~ message_usage_shape() ~ ']}'
    ) }}

),

results as (

    select
        window_key,
        page_number,
        record_number as minute_number,
        record.starting_at as minute_starting_at,
        unnest(range(1, len(record.results) + 1)) as result_number,
        unnest(record.results) as result,
        loaded_at,
        run_id
    from minutes

)

select
    window_key,
    page_number,
    minute_number,
    result_number,
    result.workspace_id as workspace_id,
    result.model as model,
    result.service_tier as service_tier,
    result.uncached_input_tokens as uncached_input_tokens,
    result.output_tokens as output_tokens,
    result.cache_read_input_tokens as cache_read_tokens,
    result.cache_creation.ephemeral_5m_input_tokens as cache_creation_5m_tokens,
    result.cache_creation.ephemeral_1h_input_tokens as cache_creation_1h_tokens,
    {{ utc_timestamp('minute_starting_at') }} as minute_started_at,
    {{ utc_date('minute_starting_at') }} as usage_date,
    loaded_at,
    run_id
from results
