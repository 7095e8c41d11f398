{{ config(materialized="incremental") }}

with records as (

    {{ page_records("enterprise_user_usage_report", user_usage_record_shape()) }}

)

select
    {{ analytics_usage_columns("record", "record") }}
from records
