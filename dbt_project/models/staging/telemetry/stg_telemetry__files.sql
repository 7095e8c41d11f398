select
    file_key,
    byte_count,
    line_count,
    unreadable_line_count,
    repaired_line_count,
    record_count,
    foreign_record_count,
    dropped_address_count,
    {{ utc_timestamp('modified_at') }} as modified_at,
    {{ utc_timestamp('fetched_at') }} as loaded_at
from {{ source('raw_telemetry', 'files') }}
