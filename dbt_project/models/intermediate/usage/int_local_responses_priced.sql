with responses as (

    select * from {{ ref('stg_local__responses') }}

),

prices as (

    select * from {{ ref('list_prices') }}

),

people as (

    select * from {{ ref('int_hashed_people') }}

),

-- As many rows as models and days: the names are read once for each.
model_prices as (

    select
        models.model,
        models.usage_date,
        {% for _, rate, _ in priced_token_kinds() -%}
        prices.{{ rate }}{{ ',' if not loop.last }}
        {% endfor -%}
    from (select distinct model, usage_date from responses) as models
    inner join prices
        on
            {{ priced_model_name('models.model') }} = prices.model
            and models.usage_date >= coalesce(prices.valid_from, date '0001-01-01')
            and models.usage_date < coalesce(prices.valid_to, date '9999-12-31')

)

select
    responses.message_id,
    responses.machine_key,
    people.person_key,
    responses.session_key,
    responses.model,
    responses.billing_basis,
    {% for tokens, _, _ in priced_token_kinds() -%}
    responses.{{ tokens }},
    {% endfor -%}
    responses.web_search_count,
    case when model_prices.model is not null
        then {{ list_price_of_response('responses', 'model_prices') }}
    end as list_cost_usd,
    responses.is_subagent,
    responses.is_partial,
    responses.usage_date
from responses
left join people on responses.actor_hash = people.identity_hash
left join model_prices
    on responses.model = model_prices.model and responses.usage_date = model_prices.usage_date
