with responses as (

    select * from {{ ref('stg_local__responses') }}

),

prices as (

    select * from {{ ref('list_prices') }}

),

people as (

    select * from {{ ref('int_hashed_people') }}

),

model_prices as (

    {{ model_prices('responses') }}

)

select
    responses.message_id,
    responses.machine_key,
    responses.actor_hash,
    responses.project_key,
    people.person_key,
    responses.session_key,
    responses.agent_type,
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
    responses.first_at,
    responses.usage_date
from responses
left join people on responses.actor_hash = people.identity_hash
left join model_prices
    on responses.model = model_prices.model and responses.usage_date = model_prices.usage_date
