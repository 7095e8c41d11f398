with responses as (

    select * from {{ ref('int_local_responses_priced') }}

),

days as (

    select * from {{ ref('stg_local__days') }}

)

select
    responses.machine_key,
    responses.person_key,
    responses.model,
    responses.billing_basis,
    count(*) as response_count,
    count(distinct responses.session_key) as session_count,
    {% for tokens, _, _ in priced_token_kinds() -%}
    cast(sum(responses.{{ tokens }}) as bigint) as {{ tokens }},
    {% endfor -%}
    cast(sum(responses.web_search_count) as bigint) as web_search_count,
    cast(sum(responses.list_cost_usd) as decimal(24, 12)) as list_cost_usd,
    count(*) filter (responses.list_cost_usd is null) as unpriced_response_count,
    count(*) filter (responses.is_partial) as partial_response_count,
    responses.is_subagent,
    bool_and(coalesce(days.is_complete_day, false)) as is_complete_day,
    responses.usage_date
from responses
left join days
    on responses.machine_key = days.machine_key and responses.usage_date = days.usage_date
group by
    responses.usage_date,
    responses.machine_key,
    responses.person_key,
    responses.model,
    responses.is_subagent,
    responses.billing_basis
