-- The day inside an answer must be the day that was asked for.
with days as (

    select distinct window_key, usage_date from {{ ref('stg_anthropic__claude_code_records') }}
    union all by name
    select distinct window_key, usage_date from {{ ref('stg_anthropic__message_usage') }}
    union all by name
    select distinct window_key, usage_date from {{ ref('stg_anthropic__cost_items') }}

)

select
    window_key,
    usage_date
from days
where cast(usage_date as varchar) is distinct from window_key
