-- Every decision of a complete day is in one team.
with facts as (

    select
        usage_date,
        tool_name,
        terminal_type,
        sum(accepted_count) as accepted_count,
        sum(rejected_count) as rejected_count
    from {{ ref('fct_claude_code_tool_actions_daily') }}
    where is_complete_day and {{ in_untested_days('usage_date') }}
    group by usage_date, tool_name, terminal_type

),

by_team as (

    select
        usage_date,
        tool_name,
        terminal_type,
        sum(accepted_count) as accepted_count,
        sum(rejected_count) as rejected_count
    from {{ ref('tool_acceptance_daily') }}
    where {{ in_untested_days('usage_date') }}
    group by usage_date, tool_name, terminal_type

)

(select * from facts except select * from by_team)
union all by name
(select * from by_team except select * from facts)
