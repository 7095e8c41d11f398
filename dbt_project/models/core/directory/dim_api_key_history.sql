with default_workspace as (

    select * from {{ ref('int_default_workspace') }}

),

versions as (

    select
        api_key_id,
        api_key_name,
        api_key_status,
        case
            when scope_type = 'organization' then 'none'
            else {{ workspace_or_default("workspace_id") }}
        end as workspace_id,
        created_by_type,
        created_at,
        expires_at,
        valid_from,
        valid_to
    from {{ ref('stg_anthropic__api_key_versions') }}

),

{{ stretches_of_versions(
    "versions",
    ["api_key_id"],
    [
        "api_key_name",
        "api_key_status",
        "workspace_id",
        "created_by_type",
        "created_at",
        "expires_at",
    ],
) }},

people as (

    select * from {{ ref('int_api_keys_matched_to_people') }}

)

select
    stretches.api_key_id,
    {{ without_secrets('stretches.api_key_name') }} as api_key_name,
    stretches.api_key_status,
    stretches.workspace_id,
    coalesce(stretches.created_by_type, 'none') as created_by_type,
    coalesce(people.created_by_person_key, 'unknown') as created_by_person_key,
    stretches.valid_to is null as is_current,
    stretches.created_at,
    stretches.expires_at,
    -- A key that a later reading was the first to show may have been used since it was made.
    case
        when stretches.is_first_stretch and stretches.valid_from is not null
            then least(stretches.created_at, stretches.valid_from)
        else stretches.valid_from
    end as valid_from,
    stretches.valid_to
from stretches
left join people on stretches.api_key_id = people.api_key_id
