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

    select * from {{ ref('stg_anthropic__claude_code_model_usage') }}
    where {{ in_changed_days('usage_date') }}

),

actors as (

    select * from {{ ref('int_claude_code_actors_matched_to_people') }}

),

days as (

    select * from {{ ref('int_report_days_chosen') }}
    where report_family = 'activity'

),

daily as (

    select
        organization_id,
        usage_date,
        actor_key,
        customer_type,
        subscription_type,
        terminal_type,
        is_remote,
        model,
        cast(sum(input_tokens) as bigint) as input_tokens,
        cast(sum(output_tokens) as bigint) as output_tokens,
        cast(sum(cache_read_tokens) as bigint) as cache_read_tokens,
        cast(sum(cache_creation_tokens) as bigint) as cache_creation_tokens,
        cast(sum({{ cents_to_usd('estimated_cost_cents') }}) as decimal(18, 6))
            as estimated_cost_usd
    from model_usage
    group by
        organization_id,
        usage_date,
        actor_key,
        customer_type,
        subscription_type,
        terminal_type,
        is_remote,
        model

)

select
    daily.organization_id,
    daily.actor_key,
    actors.actor_type,
    actors.person_key,
    {{ team_of_day() }} as team_name,
    {{ cost_center_of_day() }} as cost_center,
    daily.customer_type,
    daily.subscription_type,
    daily.terminal_type,
    daily.model,
    daily.input_tokens,
    daily.output_tokens,
    daily.cache_read_tokens,
    daily.cache_creation_tokens,
    daily.estimated_cost_usd,
    daily.is_remote,
    coalesce(days.is_complete_day, false) as is_complete_day,
    daily.usage_date
from daily
inner join actors on daily.actor_key = actors.actor_key
{{ join_primary_team('daily', 'usage_date', people='actors') }}
left join days
    on 'usage_report_claude_code' = days.endpoint and daily.usage_date = days.usage_date
