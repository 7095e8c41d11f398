{{ config(
    materialized="incremental",
    unique_key="usage_date",
    post_hook="{{ remember_built_days(ref('int_day_fingerprints')) }}",
) }}

{%- set kinds = priced_token_kinds() -%}
{%- set grain = [
    "organization_kind",
    "usage_source",
    "workspace_id",
    "api_key_id",
    "person_key",
    "is_key_named",
    "model",
    "product",
    "service_tier",
    "context_window",
    "usage_date",
] -%}
with usage as (

    select * from {{ ref('int_usage_unioned') }}
    where {{ in_changed_days('usage_date') }}

),

prices as (

    select * from {{ ref('list_prices') }}

),

daily as (

    select
        {{ grain | join(',\n        ') }},
        {% for tokens, _, _ in kinds -%}
        cast(sum({{ tokens }}) as bigint) as {{ tokens }},
        {% endfor -%}
        cast(sum(web_search_count) as bigint) as web_search_count,
        bool_and(is_complete_day) as is_complete_day
    from usage
    group by {{ grain | join(', ') }}

),

model_prices as (

    {{ model_prices('daily') }}

),

priced as (

    select
        daily.*,
        model_prices.tier_threshold_tokens is not null as has_tiers,
        model_prices.price_source,
        -- Batches cost half, of every kind of token.
        case when daily.service_tier = 'batch' then 0.5 else 1.0 end as multiplier,
        {{ list_price_of_tokens(
            'daily.cache_read_tokens + daily.cache_creation_5m_tokens'
            ~ ' + daily.cache_creation_1h_tokens',
            'model_prices.input_usd_per_million'
        ) }} as cached_at_input_price_usd,
        {% for tokens, rate, _ in kinds -%}
        {{ list_price_of_tokens('daily.' ~ tokens, 'model_prices.' ~ rate) }} as {{ tokens }}_usd
        {{- ',' if not loop.last }}
        {% endfor %}
    from daily
    left join model_prices
        on daily.model = model_prices.model and daily.usage_date = model_prices.usage_date

)

select
    {{ grain | join(',\n    ') }},
    {% for tokens, _, _ in kinds -%}
    coalesce({{ tokens }}, 0) as {{ tokens }},
    {% endfor -%}
    coalesce(web_search_count, 0) as web_search_count,
    {% for tokens, _, _ in kinds -%}
    cast({{ tokens }}_usd * multiplier as decimal(38, 13)) as {{ tokens }}_list_cost_usd,
    {% endfor -%}
    cast(
        (
            {% for tokens, _, _ in kinds -%}
            {{ tokens }}_usd{{ ' +' if not loop.last }}
            {% endfor -%}
        ) * multiplier as decimal(38, 13)
    ) as list_cost_usd,
    cast(cached_at_input_price_usd * multiplier as decimal(38, 13)) as cached_at_input_price_usd,
    price_source is not null
    {% for tokens, _, _ in kinds -%}
    and {{ tokens }}_usd is not null
    {% endfor -%}
    as is_priced,
    has_tiers,
    price_source,
    is_complete_day
from priced
