with actors as (

    {% for report in reports() if report.is_by_actor %}
    select distinct
        analytics_actor_key,
        actor_type,
        actor_user_id,
        actor_api_key_id
    from {{ ref(report.model) }}
    {% if not loop.last %}union{% endif %}
    {% endfor %}

),

users as (

    select * from {{ ref('int_users_matched_to_people') }}

),

api_keys as (

    select * from {{ ref('int_api_keys_matched_to_people') }}

)

select
    actors.analytics_actor_key,
    coalesce(actors.actor_api_key_id, 'none') as api_key_id,
    coalesce(users.person_key, api_keys.person_key, 'unknown') as person_key
from actors
left join users on actors.actor_user_id = users.user_id
left join api_keys on actors.actor_api_key_id = api_keys.api_key_id
