with windows as (

    {{ ledger_rows("raw_local") }}

),

files as (

    select cast(sum(rejected_line_count) as bigint) as rejected_line_count
    from {{ source('raw_local', 'export_files') }}

)

select
    windows.* replace (
        case
            when windows.endpoint = 'export_files' then files.rejected_line_count
            else windows.unread_item_count
        end as unread_item_count
    )
from windows
cross join files
