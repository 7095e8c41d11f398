with ledger as (

    select * from {{ source('raw_anthropic', 'completeness_ledger') }}

),

duplicates as (

    select
        endpoint,
        window_key,
        cast(sum(row_count) as bigint) as duplicate_row_count
    from {{ source('raw_anthropic', 'duplicate_rows') }}
    group by endpoint, window_key

)

select
    source as source_system,
    ledger.endpoint,
    ledger.window_key,
    status as completeness_status,
    api_version,
    run_id,
    high_water_mark,
    error as error_message,
    page_count,
    record_count,
    byte_count,
    coalesce(revision_count, 0) as revision_count,
    coalesce(duplicates.duplicate_row_count, 0) as duplicate_row_count,
    cast(0 as bigint) as unread_item_count,
    {{ utc_timestamp('window_start') }} as window_started_at,
    {{ utc_timestamp('window_end') }} as window_ended_at,
    {{ utc_timestamp('first_fetched_at') }} as first_fetched_at,
    {{ utc_timestamp('first_complete_at') }} as first_complete_at,
    {{ utc_timestamp('last_fetched_at') }} as last_fetched_at,
    {{ utc_timestamp('revised_at') }} as revised_at
from ledger
left join duplicates
    on ledger.endpoint = duplicates.endpoint and ledger.window_key = duplicates.window_key
