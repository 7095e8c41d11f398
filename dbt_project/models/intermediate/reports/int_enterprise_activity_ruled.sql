with activity as (

    select * from {{ ref('int_enterprise_activity_identified') }}

),

actors as (

    select * from {{ ref('int_claude_code_actors_matched_to_people') }}

),

users as (

    select * from {{ ref('int_users_matched_to_people') }}

),

-- Seats are what the Enterprise report is about; what a person pays for by the token is not in it.
console_seat_days as (

    select distinct
        actors.person_key,
        records.usage_date
    from {{ ref('stg_anthropic__claude_code_records') }} as records
    inner join actors on records.actor_key = actors.actor_key
    where records.customer_type <> 'api' and actors.person_key <> 'unknown'

)

select
    activity.*,
    coalesce(actors.person_key, users.person_key, 'unknown') as person_key,
    case
        when not activity.used_claude_code then 'no_claude_code'
        when console_seat_days.person_key is not null then 'reported_by_console'
        else 'counted'
    end as counting_rule
from activity
left join actors on activity.actor_key = actors.actor_key
left join users on activity.user_id = users.user_id
left join console_seat_days
    on
        actors.person_key = console_seat_days.person_key
        and activity.usage_date = console_seat_days.usage_date
