{{ config(materialized="incremental") }}

with records as (

    {{ page_records(
        "analytics_cost", analytics_row_shape("cost", analytics_cost_fields())
    ) }}

)

select
    {{ analytics_cost_columns('record."group"', "record.cost") }}
from records
