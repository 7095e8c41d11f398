select
    entity,
    usage_date,
    spend_usd,
    prompt_tokens,
    completion_tokens,
    cache_read_tokens,
    cache_creation_tokens,
    request_count,
    failed_request_count,
    {{ utc_timestamp('fetched_at') }} as loaded_at
from {{ source('raw_litellm', 'daily_totals') }}
