-- What is spread over repositories is what the person cost on that day, to the last digit.
with people as (

    select
        usage_date,
        person_key,
        sum(estimated_cost_usd) as estimated_cost_usd
    from {{ ref('fct_claude_code_model_usage_daily') }}
    where {{ in_untested_days('usage_date') }}
    group by usage_date, person_key

),

repositories as (

    select
        usage_date,
        person_key,
        sum(estimated_cost_usd) as estimated_cost_usd
    from {{ ref('fct_repository_costs_daily') }}
    where {{ in_untested_days('usage_date') }}
    group by usage_date, person_key

)

select
    usage_date,
    person_key,
    people.estimated_cost_usd as person_cost_usd,
    repositories.estimated_cost_usd as repository_cost_usd
from people
full join repositories using (usage_date, person_key)
where people.estimated_cost_usd is distinct from repositories.estimated_cost_usd
