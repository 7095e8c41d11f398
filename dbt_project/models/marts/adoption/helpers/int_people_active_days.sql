{{ config(
    materialized="incremental",
    unique_key="usage_date",
    post_hook="{{ remember_built_days(ref('int_day_fingerprints')) }}",
) }}

with activity as (

    select * from {{ ref('fct_claude_code_activity_daily') }}
    where is_complete_day and {{ in_changed_days('usage_date') }}

),

people as (

    select
        person_key,
        is_human
    from {{ ref('int_people_known') }}

)

select
    activity.person_key,
    activity.organization_id,
    people.is_human,
    activity.usage_date
from activity
inner join people on activity.person_key = people.person_key
group by
    activity.person_key, activity.organization_id, people.is_human, activity.usage_date

union all by name

-- Whoever uses both organisations counts once in all.
select
    activity.person_key,
    'all' as organization_id,
    people.is_human,
    activity.usage_date
from activity
inner join people on activity.person_key = people.person_key
group by activity.person_key, people.is_human, activity.usage_date
