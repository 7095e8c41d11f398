{#- Who is new on a day, and who has a seat unused, is told by all days before it. -#}
{{ config(
    materialized="incremental",
    unique_key="usage_date",
    post_hook="{{ remember_built_days(ref('int_day_fingerprints')) }}",
    meta={"days_before": 36500},
) }}

-- States of a person are counted by day. Each is a stretch of time, so what a day shows is the sum of
-- what began until it less what ended: no day is joined to the days before it.
-- Long: one running sum over the states of all people, of which no step is worth a table.
with person_days as (

    select * from {{ ref('int_people_active_days') }}
    where is_human

),

placed as (

    select * from {{ ref('int_people_placed_in_teams') }}
    where is_human

),

seats as (

    select * from {{ ref('int_seats_known') }}

),

days as (

    select * from {{ ref('int_activity_days_complete') }}

),

-- What the longest window of the days to build reaches back to.
recent_person_days as (

    select * from person_days
    where {{ in_changed_days('usage_date', days_before=56) }}

),

first_days as (

    select
        person_key,
        organization_id,
        min(usage_date) as first_date
    from person_days
    group by person_key, organization_id

),

gaps as (

    select
        person_key,
        organization_id,
        usage_date,
        lag(usage_date) over (
            partition by person_key, organization_id order by usage_date
        ) as earlier_date,
        lead(usage_date) over (
            partition by person_key, organization_id order by usage_date
        ) as later_date
    from recent_person_days

),

-- When a state begins (1) and ends (-1). Somebody is active over seven days from a day of activity
-- until no such day lies in the last seven.
changes as (

    select
        person_key,
        organization_id,
        usage_date as changed_date,
        1 as active_7d
    from gaps
    where earlier_date is null or usage_date - earlier_date > 7
    union all by name
    select
        person_key,
        organization_id,
        usage_date + 7 as changed_date,
        -1 as active_7d
    from gaps
    where later_date is null or later_date - usage_date > 7
    union all by name
    select
        person_key,
        organization_id,
        usage_date as changed_date,
        1 as active_28d
    from gaps
    where earlier_date is null or usage_date - earlier_date > 28
    union all by name
    select
        person_key,
        organization_id,
        usage_date + 28 as changed_date,
        -1 as active_28d
    from gaps
    where later_date is null or later_date - usage_date > 28
    union all by name
    select
        person_key,
        organization_id,
        usage_date + 28 as changed_date,
        1 as active_before_28d
    from gaps
    where earlier_date is null or usage_date - earlier_date > 28
    union all by name
    select
        person_key,
        organization_id,
        usage_date + 56 as changed_date,
        -1 as active_before_28d
    from gaps
    where later_date is null or later_date - usage_date > 28
    union all by name
    select
        person_key,
        organization_id,
        unnest([first_date, first_date + 28]) as changed_date,
        unnest([1, -1]) as new_28d
    from first_days
    union all by name
    select
        person_key,
        organization_id,
        first_date as changed_date,
        1 as used
    from first_days
    union all by name
    select
        person_key,
        unnest([organization_id, 'all']) as organization_id,
        valid_from as changed_date,
        1 as seats
    from seats
    union all by name
    select
        person_key,
        unnest([organization_id, 'all']) as organization_id,
        valid_to as changed_date,
        -1 as seats
    from seats
    where valid_to is not null

),

changed as (

    select
        person_key,
        organization_id,
        changed_date,
        coalesce(sum(columns(* exclude (person_key, organization_id, changed_date))), 0)
    from changes
    group by person_key, organization_id, changed_date

),

stretches as (

    select
        person_key,
        organization_id,
        changed_date as valid_from,
        lead(changed_date, 1, date '9999-12-31') over person as valid_to,
        sum(columns(* exclude (person_key, organization_id, changed_date))) over person > 0
    from changed
    window person as (partition by person_key, organization_id order by changed_date)

),

-- A person counts in the team of the day that is shown, with all of the window: so the teams add
-- up to the whole.
counted as (

    select
        stretches.organization_id,
        placed.team_name,
        greatest(stretches.valid_from, placed.valid_from) as valid_from,
        least(stretches.valid_to, placed.valid_to) as valid_to,
        cast(active_7d as integer) as active_7d_count,
        cast(active_28d as integer) as active_28d_count,
        cast(active_28d and new_28d as integer) as new_count,
        cast(active_28d and not new_28d and active_before_28d as integer) as retained_count,
        cast(active_28d and not new_28d and not active_before_28d as integer)
            as resurrected_count,
        cast(active_before_28d and not active_28d as integer) as lapsed_count,
        cast(used and not active_28d and not active_before_28d as integer) as dormant_count,
        cast(active_28d and seats as integer) as active_28d_with_seat_count,
        cast(seats as integer) as seat_count,
        cast(seats and not used as integer) as seats_never_used_count,
        0 as active_1d_count,
        0 as active_person_days_28d_count
    from stretches
    inner join placed
        on
            stretches.person_key = placed.person_key
            and stretches.valid_from < placed.valid_to
            and stretches.valid_to > placed.valid_from

),

-- An activity counts for its own day, and for the 28 whose window it lies in.
activities as (

    select
        recent.organization_id,
        placed.team_name,
        recent.usage_date as valid_from,
        recent.usage_date + 1 as valid_to,
        count(*) as active_1d_count
    from recent_person_days as recent
    inner join placed
        on
            recent.person_key = placed.person_key
            and recent.usage_date >= placed.valid_from
            and recent.usage_date < placed.valid_to
    group by 1, 2, 3, 4
    union all by name
    select
        recent.organization_id,
        placed.team_name,
        greatest(recent.usage_date, placed.valid_from) as valid_from,
        least(recent.usage_date + 28, placed.valid_to) as valid_to,
        count(*) as active_person_days_28d_count
    from recent_person_days as recent
    inner join placed
        on
            recent.person_key = placed.person_key
            and recent.usage_date < placed.valid_to
            and recent.usage_date + 28 > placed.valid_from
    group by 1, 2, 3, 4

),

intervals as (

    select * from counted
    union all by name
    select * from activities

),

bounds as (

    select
        min(usage_date) as first_date,
        max(usage_date) as last_date
    from days

),

deltas as (

    select
        intervals.organization_id,
        intervals.team_name,
        greatest(intervals.valid_from, bounds.first_date) as usage_date,
        sum(coalesce(columns('_count$'), 0))
    from intervals
    cross join bounds
    where intervals.valid_from <= bounds.last_date
    group by 1, 2, 3
    union all by name
    select
        intervals.organization_id,
        intervals.team_name,
        greatest(intervals.valid_to, bounds.first_date) as usage_date,
        -sum(coalesce(columns('_count$'), 0))
    from intervals
    cross join bounds
    where intervals.valid_to <= bounds.last_date
    group by 1, 2, 3

),

unresolved as (

    select
        unnest([activity.organization_id, 'all']) as organization_id,
        activity.actor_key,
        activity.usage_date
    from {{ ref('fct_claude_code_activity_daily') }} as activity
    anti join placed on activity.person_key = placed.person_key
    where activity.is_complete_day

),

unresolved_actors as (

    select
        organization_id,
        unnest(['unassigned', 'all']) as team_name,
        usage_date,
        count(distinct actor_key) as unresolved_actor_count
    from unresolved
    group by organization_id, usage_date

),

by_team as (

    select
        organization_id,
        team_name,
        usage_date,
        sum(columns('_count$'))
    from deltas
    group by organization_id, team_name, usage_date
    union all by name
    select
        organization_id,
        'all' as team_name,
        usage_date,
        sum(columns('_count$'))
    from deltas
    group by organization_id, usage_date

),

-- A team has no rows before its first person has a seat or activity.
scopes as (

    select
        organization_id,
        team_name,
        min(usage_date) as first_date
    from (
        select organization_id, team_name, usage_date from by_team
        union all
        select organization_id, team_name, usage_date from unresolved_actors
    ) as seen
    group by organization_id, team_name

),

spine as (

    select
        scopes.team_name,
        days.*
    from scopes
    inner join days
        on
            scopes.organization_id = days.organization_id
            and scopes.first_date <= days.usage_date

),

running as (

    select
        spine.*,
        cast(coalesce(sum(columns('_count$')) over until_then, 0) as bigint)
    from spine
    left join by_team
        on
            spine.organization_id = by_team.organization_id
            and spine.team_name = by_team.team_name
            and spine.usage_date = by_team.usage_date
    window until_then as (
        partition by spine.organization_id, spine.team_name
        order by spine.usage_date
        rows unbounded preceding
    )

),

summaries as (

    select * from {{ ref('int_seats_reported') }}

),

missing_people as (

    select
        unnest([organization_kind, 'all']) as organization_kind,
        usage_date
    from {{ ref('int_claude_code_billed_daily') }}
    where is_missing_people

)

select
    running.organization_id,
    running.team_name,
    case when running.is_complete_day then running.active_1d_count end as active_1d_count,
    case when running.complete_day_count_7d = 7 then running.active_7d_count end
        as active_7d_count,
    case when running.complete_day_count_28d = 28 then running.active_28d_count end
        as active_28d_count,
    case when running.complete_day_count_28d = 28 then running.active_person_days_28d_count end
        as active_person_days_28d_count,
    case when running.complete_day_count_28d = 28 then running.active_28d_count * 28 end
        as possible_person_days_28d_count,
    case
        when running.complete_day_count_28d = 28
            then running.active_person_days_28d_count / nullif(running.active_28d_count * 28, 0)
    end as stickiness_ratio,
    case when running.complete_day_count_56d = 56 then running.new_count end as new_count,
    case when running.complete_day_count_56d = 56 then running.retained_count end as retained_count,
    case when running.complete_day_count_56d = 56 then running.resurrected_count end as resurrected_count,
    case when running.complete_day_count_56d = 56 then running.lapsed_count end as lapsed_count,
    case when running.complete_day_count_56d = 56 then running.dormant_count end as dormant_count,
    running.seat_count,
    -- A seat in one organisation is not used by activity in another one.
    case
        when running.complete_day_count_28d = 28 and running.organization_id <> 'all'
            then running.active_28d_with_seat_count
    end as active_28d_with_seat_count,
    running.seats_never_used_count,
    summaries.assigned_seat_count as reported_seat_count,
    case
        when running.is_complete_day then coalesce(unresolved_actors.unresolved_actor_count, 0)
    end as unresolved_actor_count,
    running.complete_day_count_7d,
    running.complete_day_count_28d,
    running.complete_day_count_56d,
    running.is_complete_day,
    missing_people.usage_date is not null as is_missing_people,
    running.usage_date
from running
left join unresolved_actors
    on
        running.organization_id = unresolved_actors.organization_id
        and running.team_name = unresolved_actors.team_name
        and running.usage_date = unresolved_actors.usage_date
left join summaries
    on
        running.organization_id = 'enterprise'
        and running.team_name = 'all'
        and running.usage_date = summaries.usage_date
left join (select distinct * from missing_people) as missing_people
    on
        running.usage_date = missing_people.usage_date
        and case
            when running.organization_id in ('all', 'enterprise') then running.organization_id
            else 'console'
        end = missing_people.organization_kind
where {{ in_changed_days('running.usage_date') }}
