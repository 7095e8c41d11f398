-- The shares are of all input tokens of the day.
with usage as (

    select
        usage_date,
        sum(
            uncached_input_tokens
            + cache_read_tokens
            + cache_creation_5m_tokens
            + cache_creation_1h_tokens
        ) as input_tokens
    from {{ ref('fct_message_usage_daily') }}
    group by usage_date

),

mart as (

    select
        usage_date,
        sum(input_tokens) as input_tokens
    from {{ ref('cache_efficiency_daily') }}
    group by usage_date

)

select
    usage_date,
    usage.input_tokens as usage_input_tokens,
    mart.input_tokens as mart_input_tokens
from usage
full join mart using (usage_date)
where usage.input_tokens is distinct from mart.input_tokens
