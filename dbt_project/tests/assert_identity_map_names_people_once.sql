-- The map is read once: an address that stands for a person cannot itself be given to another.
select
    people.person_email,
    mapped.person_email as mapped_to
from {{ ref('int_identity_map_given') }} as people
inner join {{ ref('int_identity_map_given') }} as mapped
    on
        mapped.identity_type = 'email'
        and {{ normal_email('people.person_email') }} = {{ normal_email('mapped.identity_value') }}
where {{ normal_email('people.person_email') }} <> {{ normal_email('mapped.person_email') }}
