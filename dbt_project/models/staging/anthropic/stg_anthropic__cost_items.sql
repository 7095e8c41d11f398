{{ config(materialized="incremental") }}

with results as (

    {{ page_records("cost_report", cost_item_shape()) }}

)

select
    window_key,
    page_number,
    record_number as result_number,
    {{ cost_item_columns("record") }},
    {{ utc_date('page_starting_at') }} as usage_date,
    loaded_at,
    run_id
from results
