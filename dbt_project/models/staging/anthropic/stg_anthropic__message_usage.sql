{{ config(materialized="incremental") }}

with results as (

    {{ page_records("usage_report_messages", message_usage_shape()) }}

)

select
    window_key,
    page_number,
    record_number as result_number,
    {{ message_usage_columns("record") }},
    {{ utc_date('page_starting_at') }} as usage_date,
    loaded_at,
    run_id
from results
