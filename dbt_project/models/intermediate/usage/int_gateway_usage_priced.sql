{%- set kinds = priced_token_kinds() -%}
{%- set grain = [
    "usage_date",
    "gateway",
    "route",
    "geography",
    "model",
    "raw_model",
    "request_status",
    "gateway_key_hash",
    "gateway_key_alias",
    "gateway_team_id",
    "gateway_team_alias",
    "user_email_hash",
    "user_hash",
    "end_user_hash",
    "key_alias_hash",
    "tag",
    "service_tier",
    "speed",
    "is_cache_known",
] -%}
with requests as (

    select * from {{ ref('stg_litellm__requests') }}

),

prices as (

    select * from {{ ref('list_prices') }}

),

daily as (

    select
        {{ grain | join(',\n        ') }},
        count(*) as request_count,
        count(*) filter (where not is_usage and request_status <> 'gateway_cache')
            as failed_request_count,
        {% for tokens, _, _ in kinds -%}
        cast(sum({{ tokens }}) as bigint) as {{ tokens }},
        {% endfor -%}
        cast(sum(claimed_cost_usd) as decimal(24, 12)) as claimed_cost_usd
    from requests
    group by {{ grain | join(', ') }}

),

priced_models as (

    {{ model_prices('daily') }}

),

model_prices as (

    select
        *,
        {{ version_of_model('model') }} as model_version
    from priced_models

),

priced as (

    select
        daily.*,
        case when daily.service_tier = 'batch' then 0.5 else 1.0 end
        * {{ regional_multiplier('daily.route', 'daily.geography', 'model_prices.model_version') }}
            as multiplier,
        {% for tokens, rate, _ in kinds -%}
        {{ list_price_of_tokens('daily.' ~ tokens, 'model_prices.' ~ rate) }} as {{ tokens }}_usd,
        {% endfor -%}
        -- The list has no price of fast answers; a version that does not say what was cached gives
        -- nothing to price.
        model_prices.price_source is not null
        and coalesce(daily.speed, '') <> 'fast'
        and daily.is_cache_known as has_price
    from daily
    left join model_prices
        on daily.model = model_prices.model and daily.usage_date = model_prices.usage_date

)

select
    {{ grain | join(',\n    ') }},
    request_count,
    failed_request_count,
    {% for tokens, _, _ in kinds -%}
    {{ tokens }},
    {% endfor -%}
    claimed_cost_usd,
    case
        -- Nothing was used of whatever was asked for.
        when request_status <> 'success' then 0
        when has_price
            then cast(
                (
                    {% for tokens, _, _ in kinds -%}
                    {{ tokens }}_usd{{ ' +' if not loop.last }}
                    {% endfor -%}
                ) * multiplier as decimal(24, 12)
            )
    end as list_cost_usd
from priced
