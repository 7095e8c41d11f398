with windows as (

    {{ ledger_rows("raw_local") }}

),

files as (

    select * from {{ source('raw_local', 'export_files') }}

)

select * from windows

union all by name

-- Files are many and each is read once: one row tells how many of their lines were left out.
select
    'local' as source_system,
    'export_files' as endpoint,
    'all' as window_key,
    'complete' as completeness_status,
    max_by(run_id, read_at) as run_id,
    count(*) as page_count,
    cast(sum(line_count) as bigint) as record_count,
    cast(sum(byte_count) as bigint) as byte_count,
    cast(0 as bigint) as revision_count,
    cast(0 as bigint) as duplicate_row_count,
    cast(sum(rejected_line_count) as bigint) as unread_item_count,
    {{ utc_timestamp('min(read_at)') }} as first_fetched_at,
    {{ utc_timestamp('min(read_at)') }} as first_complete_at,
    {{ utc_timestamp('max(read_at)') }} as last_fetched_at
from files
having count(*) > 0
