-- How much of the input came from the prompt cache, by model?
select
    model,
    sum(cache_read_tokens) as cache_read_tokens,
    sum(
        uncached_input_tokens + cache_read_tokens
        + cache_creation_5m_tokens + cache_creation_1h_tokens
    ) as input_tokens,
    round(sum(cache_read_tokens) / nullif(sum(
        uncached_input_tokens + cache_read_tokens
        + cache_creation_5m_tokens + cache_creation_1h_tokens
    ), 0), 4) as cache_read_ratio
from marts.fct_message_usage_daily
group by all
order by input_tokens desc;
