-- Whose seat has nobody used for four weeks, and since when?
with last_activity as (

    select
        person_key,
        max(usage_date) as last_active_date
    from marts.fct_claude_code_activity_daily
    where is_complete_day
    group by person_key

),

read_until as (

    select max(usage_date) as last_date
    from marts.fct_claude_code_activity_daily
    where is_complete_day

)

select
    people.person_key,
    people.display_name,
    last_activity.last_active_date,
    read_until.last_date - last_activity.last_active_date as idle_day_count,
    last_activity.last_active_date is null as is_never_used
from marts.dim_people as people
cross join read_until
left join last_activity on people.person_key = last_activity.person_key
where
    people.person_kind = 'member'
    and coalesce(read_until.last_date - last_activity.last_active_date >= 28, true)
order by last_activity.last_active_date nulls first, people.display_name;
