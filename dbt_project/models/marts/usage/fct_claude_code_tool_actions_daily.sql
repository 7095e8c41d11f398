with actions as (

    select * from {{ ref('stg_anthropic__claude_code_tool_actions') }}

),

actors as (

    select * from {{ ref('int_claude_code_actors_matched_to_people') }}

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
        tool_name,
        cast(sum(accepted_count) as bigint) as accepted_count,
        cast(sum(rejected_count) as bigint) as rejected_count
    from actions
    group by
        organization_id,
        usage_date,
        actor_key,
        customer_type,
        subscription_type,
        terminal_type,
        is_remote,
        tool_name

)

select
    daily.organization_id,
    daily.actor_key,
    actors.actor_type,
    actors.person_key,
    daily.customer_type,
    daily.subscription_type,
    daily.terminal_type,
    daily.tool_name,
    daily.accepted_count,
    daily.rejected_count,
    daily.is_remote,
    daily.usage_date
from daily
inner join actors on daily.actor_key = actors.actor_key
