with unioned as (

    {{ of_sources("completeness_ledger") }}

)

select
    source_system,
    endpoint,
    window_key,
    completeness_status,
    api_version,
    run_id,
    high_water_mark,
    {{ without_secrets('error_message') }} as error_message,
    page_count,
    record_count,
    byte_count,
    revision_count,
    duplicate_row_count,
    unread_item_count,
    completeness_status = 'complete' as is_complete,
    window_started_at,
    window_ended_at,
    first_fetched_at,
    last_fetched_at,
    revised_at
from unioned
