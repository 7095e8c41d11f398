with actors as (

    select * from {{ ref('int_claude_code_actors_observed') }}

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
        identities.identity_type
        = case actors.actor_type when 'user_actor' then 'email' else 'api_key_name' end
        and identities.identity_value
        = case actors.actor_type
            when 'user_actor' then actors.actor_email_address
            else actors.actor_api_key_name
        end
