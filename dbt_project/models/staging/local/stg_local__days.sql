with days as (

    select * from {{ source('raw_local', 'days') }}

)

select
    machine_key,
    is_complete as is_complete_day,
    usage_date,
    {{ utc_timestamp('fetched_at') }} as loaded_at
from days
