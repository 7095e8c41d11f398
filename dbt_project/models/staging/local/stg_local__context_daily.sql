with context as (

    select * from {{ source('raw_local', 'context_daily') }}

)

select
    machine_key,
    actor_hash,
    item as context_item,
    name as context_name,
    item_count,
    byte_count,
    image_count,
    tokens_before,
    tokens_after,
    usage_date,
    {{ utc_timestamp('exported_at') }} as exported_at,
    {{ utc_timestamp('fetched_at') }} as loaded_at
from context
