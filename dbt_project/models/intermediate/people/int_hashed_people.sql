with addresses as (

    select
        {{ identity_hash('identity_value') }} as identity_hash,
        person_key
    from {{ ref('int_identities_resolved') }}
    where identity_type = 'email'

)

select
    identity_hash,
    min(person_key) as person_key
from addresses
where identity_hash is not null
group by identity_hash
