with points as (

    select * from {{ ref('stg_telemetry__points') }}
    where metric_name not in ('token.usage', 'cost.usage')

),

people as (

    select * from {{ ref('int_hashed_people') }}

)

select
    points.usage_date,
    people.person_key,
    points.sent_team,
    points.sent_cost_center,
    {{ metric_count('session.count') }} as session_start_count,
    {{ metric_count('commit.count') }} as commit_count,
    {{ metric_count('pull_request.count') }} as pull_request_count,
    {{ metric_count('lines_of_code.count', "points.point_type = 'added'") }} as lines_added,
    {{ metric_count('lines_of_code.count', "points.point_type = 'removed'") }} as lines_removed,
    {{ metric_count('code_edit_tool.decision', "points.decision = 'accept'") }}
        as accepted_edit_count,
    {{ metric_count('code_edit_tool.decision', "points.decision = 'reject'") }}
        as rejected_edit_count,
    cast(
        sum(if(points.point_type = 'user', points.added_value, 0)) filter (
            where points.metric_name = 'active_time.total'
        ) as decimal(18, 3)
    ) as active_user_seconds,
    cast(
        sum(if(points.point_type = 'cli', points.added_value, 0)) filter (
            where points.metric_name = 'active_time.total'
        ) as decimal(18, 3)
    ) as active_cli_seconds
from points
left join people on points.identity_hash = people.identity_hash
group by all
