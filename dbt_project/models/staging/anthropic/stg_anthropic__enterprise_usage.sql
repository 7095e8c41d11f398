{{ config(materialized="incremental") }}

with records as (

    {{ page_records(
        "enterprise_usage", analytics_row_shape("usage", analytics_usage_fields())
    ) }}

)

select
    {{ analytics_usage_columns('record."group"', "record.usage") }}
from records
