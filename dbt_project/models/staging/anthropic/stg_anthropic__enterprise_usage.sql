{{ config(materialized="incremental") }}

with records as (

    {{ page_records("enterprise_usage", analytics_usage_record_shape()) }}

)

select
    {{ analytics_usage_columns('record."group"', "record.usage") }}
from records
