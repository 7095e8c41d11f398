{{ config(materialized="incremental") }}

with records as (

    {{ page_records("enterprise_user_cost_report", user_cost_record_shape()) }}

)

select
    {{ analytics_cost_columns("record", "record") }}
from records
