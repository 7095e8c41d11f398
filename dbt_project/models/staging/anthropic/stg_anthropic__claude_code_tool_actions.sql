-- A view: the parsed records hold these rows as lists, and a copy would cost as much as parsing.
{{ config(materialized="view") }}

with records as (

    select * from {{ ref('stg_anthropic__claude_code_records') }}

),

actions as (

    select
        window_key,
        page_number,
        record_number,
        organization_id,
        actor_key,
        customer_type,
        subscription_type,
        terminal_type,
        unnest(map_entries(tool_actions)) as action,
        is_remote,
        usage_date,
        loaded_at,
        run_id
    from records

)

select
    window_key,
    page_number,
    record_number,
    organization_id,
    actor_key,
    customer_type,
    subscription_type,
    terminal_type,
    action.key as tool_name,
    action.value.accepted as accepted_count,
    action.value.rejected as rejected_count,
    is_remote,
    usage_date,
    loaded_at,
    run_id
from actions
