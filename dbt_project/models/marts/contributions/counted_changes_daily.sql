with teams as (

    select * from {{ ref('int_team_memberships') }}
    where is_primary

),

days as (

    select
        * exclude (change_date),
        change_date as usage_date
    from {{ ref('int_counted_changes_daily') }}

)

select
    days.person_key,
    {{ team_of_day() }} as team_name,
    {{ cost_center_of_day() }} as cost_center,
    days.counted_commit_count,
    days.seen_commit_count,
    days.marked_commit_count,
    days.other_agent_commit_count,
    days.unmarked_commit_count,
    days.commit_reason,
    days.unmarked_commit_probability,
    days.counted_pull_request_count,
    days.seen_pull_request_count,
    days.marked_pull_request_count,
    days.other_agent_pull_request_count,
    days.unmarked_pull_request_count,
    days.pull_request_reason,
    days.unmarked_pull_request_probability,
    days.is_counted_day,
    days.usage_date
from days
{{ join_primary_team('days', 'usage_date') }}
