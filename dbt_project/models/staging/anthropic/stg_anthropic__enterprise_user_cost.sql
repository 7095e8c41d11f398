{{ config(materialized="incremental") }}

with records as (

    {{ page_records(
        "enterprise_user_cost_report", user_report_row_shape(analytics_cost_fields())
    ) }}

)

select
    {{ analytics_cost_columns("record", "record") }}
from records
