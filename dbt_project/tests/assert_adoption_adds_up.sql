-- Teams add up to all, the active are new, retained or resurrected, and whoever was active 28 days
-- ago is retained or lapsed.
with adoption as (

    select * from {{ ref('adoption_daily') }}

),

{%- set counts = [
    'active_1d_count', 'active_7d_count', 'active_28d_count', 'active_person_days_28d_count',
    'new_count', 'retained_count', 'resurrected_count', 'lapsed_count', 'seat_count',
    'seats_never_used_count', 'unresolved_actor_count'
] %}

by_team as (

    select
        organization_id,
        usage_date
        {%- for count in counts %},
        sum({{ count }}) filter (where team_name = 'all') as all_{{ count }},
        sum({{ count }}) filter (where team_name <> 'all') as teams_{{ count }}
        {%- endfor %}
    from adoption
    group by organization_id, usage_date

),

everybody as (

    select
        *,
        lag(active_28d_count, 28) over (
            partition by organization_id order by usage_date
        ) as active_before_28d_count
    from adoption
    where team_name = 'all'

)

select
    'teams' as rule,
    organization_id,
    usage_date
from by_team
where
    {% for count in counts %}
    all_{{ count }} is distinct from teams_{{ count }}
    {% if not loop.last %}or{% endif %}
    {%- endfor %}

union all by name

select
    'states' as rule,
    organization_id,
    usage_date
from everybody
where
    active_28d_count <> new_count + retained_count + resurrected_count
    or active_before_28d_count <> retained_count + lapsed_count
    or seats_never_used_count > seat_count
