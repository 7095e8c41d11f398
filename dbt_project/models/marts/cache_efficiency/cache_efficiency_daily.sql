{{ config(materialized="incremental", unique_key="usage_date", meta={"day_inputs": ["teams"]}) }}

with usage as (

    select * from {{ ref('int_usage_priced') }}
    where {{ in_changed_days('usage_date') }}

),

daily as (

    select
        organization_kind,
        person_key,
        usage_date,
        cast(sum(uncached_input_tokens) as bigint) as uncached_input_tokens,
        cast(sum(cache_read_tokens) as bigint) as cache_read_tokens,
        cast(sum(cache_creation_5m_tokens + cache_creation_1h_tokens) as bigint)
            as cache_write_tokens,
        cast(
            coalesce(
                sum(
                    uncached_input_tokens
                    + cache_read_tokens
                    + cache_creation_5m_tokens
                    + cache_creation_1h_tokens
                ) filter (where not is_priced),
                0
            ) as bigint
        ) as unpriced_input_tokens,
        cast(
            sum(
                cache_creation_5m_tokens_list_cost_usd + cache_creation_1h_tokens_list_cost_usd
            ) filter (where is_priced) as decimal(18, 6)
        ) as cache_write_cost_usd,
        cast(
            sum(cache_read_tokens_list_cost_usd) filter (where is_priced) as decimal(18, 6)
        ) as cache_read_cost_usd,
        cast(
            sum(cached_at_input_price_usd) filter (where is_priced) as decimal(18, 6)
        ) as cost_without_cache_usd,
        bool_and(is_complete_day) as is_complete_day
    from usage
    group by organization_kind, person_key, usage_date

)

select
    daily.organization_kind,
    daily.person_key,
    {{ team_of_day() }} as team_name,
    {{ cost_center_of_day() }} as cost_center,
    daily.cache_read_tokens,
    daily.cache_write_tokens,
    daily.uncached_input_tokens,
    daily.cache_read_tokens + daily.cache_write_tokens + daily.uncached_input_tokens
        as input_tokens,
    -- Null where there was no input, which is not a share of none.
    daily.cache_read_tokens
    / nullif(
        daily.cache_read_tokens + daily.cache_write_tokens + daily.uncached_input_tokens, 0
    ) as cache_read_ratio,
    daily.unpriced_input_tokens,
    daily.cache_write_cost_usd,
    daily.cache_read_cost_usd,
    daily.cost_without_cache_usd,
    cast(
        daily.cost_without_cache_usd - daily.cache_write_cost_usd - daily.cache_read_cost_usd
        as decimal(18, 6)
    ) as cache_saving_usd,
    daily.is_complete_day,
    daily.usage_date
from daily
{{ join_primary_team('daily', 'usage_date') }}
