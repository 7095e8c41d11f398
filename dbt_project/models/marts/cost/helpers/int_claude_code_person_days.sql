{{ config(
    materialized="incremental",
    unique_key="usage_date",
    post_hook="{{ remember_built_days(ref('int_day_fingerprints')) }}",
) }}

with teams as (

    select * from {{ ref('int_team_memberships') }}
    where is_primary

),

model_usage as (

    select * from {{ ref('fct_claude_code_model_usage_daily') }}
    where is_complete_day and {{ in_changed_days('usage_date') }}

),

people as (

    select
        person_key,
        is_human as is_developer
    from {{ ref('int_people_known') }}

),

daily as (

    select
        organization_id,
        person_key,
        cast(sum(estimated_cost_usd) as decimal(18, 6)) as estimated_cost_usd,
        cast(sum(input_tokens + cache_creation_tokens + cache_read_tokens) as bigint)
            as prompt_tokens,
        cast(sum(cache_read_tokens) as bigint) as cache_read_tokens,
        usage_date
    from model_usage
    group by organization_id, person_key, usage_date

)

select
    daily.organization_id,
    daily.person_key,
    {{ team_of_day() }} as team_name,
    people.is_developer,
    daily.estimated_cost_usd,
    daily.prompt_tokens,
    daily.cache_read_tokens,
    daily.usage_date
from daily
inner join people on daily.person_key = people.person_key
{{ join_primary_team('daily', 'usage_date') }}
