{{ config(materialized="incremental") }}

with records as (

    {{ page_records(
        "enterprise_user_usage_report", user_report_row_shape(analytics_usage_fields())
    ) }}

)

select
    {{ analytics_usage_columns("record", "record") }}
from records
