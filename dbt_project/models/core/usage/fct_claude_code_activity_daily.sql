{{ config(
    materialized="incremental",
    unique_key="usage_date",
    post_hook="{{ remember_built_days(ref('int_day_fingerprints')) }}",
) }}

with teams as (

    select * from {{ ref('int_team_memberships') }}
    where is_primary

),

records as (

    select
        'usage_report_claude_code' as source_report,
        organization_id,
        actor_key,
        customer_type,
        subscription_type,
        terminal_type,
        session_count,
        lines_added,
        lines_removed,
        commit_count,
        pull_request_count,
        is_remote,
        usage_date
    from {{ ref('stg_anthropic__claude_code_records') }}
    where {{ in_changed_days('usage_date') }}

    union all by name

    select
        'enterprise_user_activity' as source_report,
        {{ enterprise_sentinels() }},
        actor_key,
        session_count,
        lines_added,
        lines_removed,
        commit_count,
        pull_request_count,
        usage_date
    from {{ ref('int_enterprise_activity_ruled') }}
    where counting_rule = 'counted' and {{ in_changed_days('usage_date') }}

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
        cast(sum(session_count) as bigint) as session_count,
        cast(sum(lines_added) as bigint) as lines_added,
        cast(sum(lines_removed) as bigint) as lines_removed,
        cast(sum(commit_count) as bigint) as commit_count,
        cast(sum(pull_request_count) as bigint) as pull_request_count
    from records
    group by
        source_report,
        organization_id,
        usage_date,
        actor_key,
        customer_type,
        subscription_type,
        terminal_type,
        is_remote

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
    daily.session_count,
    daily.lines_added,
    daily.lines_removed,
    daily.commit_count,
    daily.pull_request_count,
    daily.is_remote,
    coalesce(days.is_complete_day, false) as is_complete_day,
    daily.usage_date
from daily
inner join actors on daily.actor_key = actors.actor_key
{{ join_primary_team('daily', 'usage_date', people='actors') }}
left join days
    on daily.source_report = days.endpoint and daily.usage_date = days.usage_date
