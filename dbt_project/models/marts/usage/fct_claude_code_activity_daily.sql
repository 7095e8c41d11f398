with records as (

    select * from {{ ref('stg_anthropic__claude_code_records') }}

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
        cast(sum(session_count) as bigint) as session_count,
        cast(sum(lines_added) as bigint) as lines_added,
        cast(sum(lines_removed) as bigint) as lines_removed,
        cast(sum(commit_count) as bigint) as commit_count,
        cast(sum(pull_request_count) as bigint) as pull_request_count
    from records
    group by
        organization_id,
        usage_date,
        actor_key,
        customer_type,
        subscription_type,
        terminal_type,
        is_remote

)

select
    daily.organization_id,
    daily.actor_key,
    actors.actor_type,
    actors.person_key,
    daily.customer_type,
    daily.subscription_type,
    daily.terminal_type,
    daily.session_count,
    daily.lines_added,
    daily.lines_removed,
    daily.commit_count,
    daily.pull_request_count,
    daily.is_remote,
    daily.usage_date
from daily
inner join actors on daily.actor_key = actors.actor_key
