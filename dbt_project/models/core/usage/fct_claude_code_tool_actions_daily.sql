{{ config(
    materialized="incremental",
    unique_key="usage_date",
    post_hook="{{ remember_built_days(ref('int_day_fingerprints')) }}",
) }}

with teams as (

    select * from {{ ref('int_team_memberships') }}
    where is_primary

),

enterprise_actions as (

    select
        actor_key,
        unnest(map_entries(tool_actions)) as action,
        usage_date
    from {{ ref('int_enterprise_activity_ruled') }}
    where counting_rule = 'counted' and {{ in_changed_days('usage_date') }}

),

actions as (

    select
        'usage_report_claude_code' as source_report,
        organization_id,
        actor_key,
        customer_type,
        subscription_type,
        terminal_type,
        tool_name,
        accepted_count,
        rejected_count,
        is_remote,
        usage_date
    from {{ ref('stg_anthropic__claude_code_tool_actions') }}
    where {{ in_changed_days('usage_date') }}

    union all by name

    select
        'enterprise_user_activity' as source_report,
        {{ enterprise_sentinels() }},
        actor_key,
        action.key as tool_name,
        action.value.accepted_count as accepted_count,
        action.value.rejected_count as rejected_count,
        usage_date
    from enterprise_actions

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
        source_report,
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
        source_report,
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
    daily.source_report,
    daily.organization_id,
    daily.actor_key,
    actors.actor_type,
    actors.person_key,
    {{ team_of_day() }} as team_name,
    {{ cost_center_of_day() }} as cost_center,
    daily.customer_type,
    daily.subscription_type,
    daily.terminal_type,
    daily.tool_name,
    daily.accepted_count,
    daily.rejected_count,
    daily.is_remote,
    coalesce(days.is_complete_day, false) as is_complete_day,
    daily.usage_date
from daily
inner join actors on daily.actor_key = actors.actor_key
{{ join_primary_team('daily', 'usage_date', people='actors') }}
left join days
    on daily.source_report = days.endpoint and daily.usage_date = days.usage_date
