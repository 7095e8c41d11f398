with requests as (

    select
        user_email_hash,
        user_hash,
        end_user_hash,
        key_alias_hash,
        gateway_key_alias
    from {{ ref('stg_litellm__requests') }}

),

hashed_people as (

    select * from {{ ref('int_hashed_people') }}

),

mapped_keys as (

    select
        identity_map.identity_value as key_name,
        people.person_key
    from {{ ref('int_identity_map_given') }} as identity_map
    inner join {{ ref('int_identities_resolved') }} as people
        on identity_map.person_email = people.identity_value and people.identity_type = 'email'
    where identity_map.identity_type = 'api_key_name'

),

users as (

    select distinct * from requests

),

matched as (

    select
        users.*,
        mapped_keys.person_key as mapped_person_key,
        by_email.person_key as email_person_key,
        by_user.person_key as user_person_key,
        by_end_user.person_key as end_user_person_key,
        by_alias.person_key as alias_person_key
    from users
    left join mapped_keys on users.gateway_key_alias = mapped_keys.key_name
    left join hashed_people as by_email on users.user_email_hash = by_email.identity_hash
    left join hashed_people as by_user on users.user_hash = by_user.identity_hash
    left join hashed_people as by_end_user on users.end_user_hash = by_end_user.identity_hash
    left join hashed_people as by_alias on users.key_alias_hash = by_alias.identity_hash

)

select
    user_email_hash,
    user_hash,
    end_user_hash,
    key_alias_hash,
    gateway_key_alias,
    coalesce(
        mapped_person_key,
        end_user_person_key,
        email_person_key,
        user_person_key,
        alias_person_key
    ) as person_key,
    case
        when mapped_person_key is not null then 'identity_map'
        when end_user_person_key is not null then 'end_user'
        when email_person_key is not null then 'user_email'
        when user_person_key is not null then 'user'
        when alias_person_key is not null then 'key_alias'
        else 'unmatched'
    end as matching_rule
from matched
