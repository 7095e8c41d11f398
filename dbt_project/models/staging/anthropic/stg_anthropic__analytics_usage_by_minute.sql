{{ config(materialized="incremental") }}

with records as (

    {{ page_records("analytics_usage_by_minute", analytics_usage_record_shape()) }}

)

select
    window_key,
    page_number,
    record_number,
    record."group".workspace_id as workspace_id,
    record."group".model as model,
    record."group".service_tier as service_tier,
    record.usage.requests as request_count,
    {{ utc_timestamp('record.starting_at') }} as minute_started_at,
    {{ utc_date('record.starting_at') }} as usage_date,
    loaded_at,
    run_id
from records
