select
    endpoint,
    window_key,
    change,
    record,
    record_count,
    {{ utc_timestamp('read_at') }} as read_at,
    {{ utc_timestamp('revised_at') }} as revised_at
from {{ source('raw_anthropic', 'record_revisions') }}
