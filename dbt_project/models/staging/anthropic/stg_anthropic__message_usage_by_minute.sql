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
    {{ message_token_columns("result") }},
    {{ utc_timestamp('minute_starting_at') }} as minute_started_at,
    {{ utc_date('minute_starting_at') }} as usage_date,
    loaded_at,
    run_id
from results
