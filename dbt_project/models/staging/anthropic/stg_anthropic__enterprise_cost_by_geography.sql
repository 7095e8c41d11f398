{{ config(materialized="incremental") }}

with records as (

    {{ page_records("enterprise_cost_by_geography", analytics_cost_record_shape()) }}

)

select
    window_key,
    page_number,
    record_number,
    {{ cost_by_geography_columns("record") }},
    loaded_at,
    run_id
from records
