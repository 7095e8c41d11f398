with given as (

    {{ organisation_seed(
        ref("identity_map"),
        {
            "person_email": "varchar",
            "identity_type": "varchar",
            "identity_value": "varchar",
        },
    ) }}

)

select
    identity_type,
    {{ normal_email('person_email') }} as person_email,
    case
        when identity_type = 'api_key_name' then identity_value
        else lower(identity_value)
    end as identity_value
from given
