-- The same address in two spellings is one hash, and of one person.
select
    {{ identity_hash('identity_value') }} as identity_hash,
    min(person_key) as person_key
from {{ ref('int_identities_resolved') }}
where identity_type = 'email' and {{ identity_hash('identity_value') }} is not null
group by identity_hash
