{{ config(
    materialized="incremental",
    unique_key="usage_date",
    post_hook="{{ remember_built_days(ref('int_day_fingerprints')) }}",
) }}

{%- set minimum_decisions = var('minimum_decisions', 20) | int -%}
with actions as (

    select * from {{ ref('fct_claude_code_tool_actions_daily') }}
    where is_complete_day and {{ in_changed_days('usage_date') }}

),

placed as (

    select * from {{ ref('int_people_placed_in_teams') }}

),

daily as (

    select
        actions.tool_name,
        actions.terminal_type,
        placed.team_name,
        cast(sum(actions.accepted_count) as bigint) as accepted_count,
        cast(sum(actions.rejected_count) as bigint) as rejected_count,
        actions.usage_date
    from actions
    inner join placed
        on
            actions.person_key = placed.person_key
            and actions.usage_date >= placed.valid_from
            and actions.usage_date < placed.valid_to
    group by
        actions.usage_date, actions.tool_name, actions.terminal_type, placed.team_name

),

decided as (

    select
        *,
        accepted_count + rejected_count as decision_count
    from daily

)

select
    tool_name,
    terminal_type,
    team_name,
    case
        when decision_count = 0 then 'no_decisions'
        when decision_count < {{ minimum_decisions }} then 'too_few_decisions'
        else 'none'
    end as ratio_withheld_reason,
    accepted_count,
    rejected_count,
    decision_count,
    cast({{ minimum_decisions }} as bigint) as minimum_decision_count,
    case
        when decision_count >= {{ minimum_decisions }}
            then accepted_count / nullif(decision_count, 0)
    end as acceptance_ratio,
    usage_date
from decided
