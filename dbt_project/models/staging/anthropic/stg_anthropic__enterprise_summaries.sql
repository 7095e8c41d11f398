with days as (

    select
        window_key,
        fetched_at,
        from_json(body, '{{ summary_shape() }}') as entry
    from {{ source('raw_anthropic', 'enterprise_summaries') }}

)

select
    window_key,
    {{ summary_columns("entry") }},
    {{ utc_date('entry.starting_at') }} as usage_date,
    {{ utc_timestamp('fetched_at') }} as loaded_at
from days
