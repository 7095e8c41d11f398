with actors as (

    select
        *,
        case
            when actor_user_id is not null then 'user_id'
            when actor_type = 'user_actor' then 'email'
            else 'api_key_name'
        end as identity_type
    from {{ ref('int_claude_code_actors_observed') }}

),

identities as (

    select * from {{ ref('int_identities_resolved') }}

)

select
    actors.actor_key,
    actors.actor_type,
    actors.actor_api_key_name,
    coalesce(identities.person_key, 'unknown') as person_key,
    coalesce(identities.matching_rule, 'none') as matching_rule
from actors
left join identities
    on
        actors.identity_type = identities.identity_type
        and identities.identity_value
        = case actors.identity_type
            when 'user_id' then actors.actor_user_id
            when 'email' then actors.actor_email_address
            else actors.actor_api_key_name
        end
