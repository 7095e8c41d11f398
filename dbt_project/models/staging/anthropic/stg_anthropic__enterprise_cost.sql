{{ config(materialized="incremental") }}

with records as (

    {{ page_records("enterprise_cost", analytics_cost_record_shape()) }}

)

select
    {{ analytics_cost_columns('record."group"', "record.cost") }}
from records
