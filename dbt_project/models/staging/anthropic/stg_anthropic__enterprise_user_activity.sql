{{ config(materialized="incremental") }}

with records as (

    {{ page_records("enterprise_user_activity", user_activity_shape()) }}

)

select
    window_key,
    page_number,
    record_number,
    {{ user_activity_columns("record") }},
    -- Rows carry no day: it is the one that was asked for.
    cast(window_key as date) as usage_date,
    loaded_at,
    run_id
from records
