with members as (

    select * from {{ ref('int_members_known') }}

),

identities as (

    select * from {{ ref('int_identities_resolved') }}

)

select
    members.user_id,
    coalesce(identities.person_key, 'unknown') as person_key
from members
left join identities
    on
        identities.identity_type
        = case when members.email_address is null then 'user_id' else 'email' end
        and identities.identity_value = coalesce(members.email_address, members.user_id)
