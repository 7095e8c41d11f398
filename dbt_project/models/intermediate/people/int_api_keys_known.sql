with listed as (

    select * from {{ ref('stg_anthropic__api_keys') }}

),

versions as (

    select * from {{ ref('stg_anthropic__api_key_versions') }}

),

default_workspace as (

    select * from {{ ref('int_default_workspace') }}

),

seen as (

    select
        api_key_id,
        min(valid_from) as first_seen_at,
        max(valid_to) as last_valid_to
    from versions
    group by api_key_id

),

gone as (

    select versions.*
    from versions
    anti join listed on versions.api_key_id = listed.api_key_id
    qualify row_number() over (
        partition by versions.api_key_id order by versions.valid_from desc
    ) = 1

),

unioned as (

    select
        *,
        true as is_in_directory
    from listed
    union all by name
    select
        *,
        false as is_in_directory
    from gone

)

select
    unioned.api_key_id,
    unioned.api_key_name,
    unioned.api_key_status,
    case
        when unioned.scope_type = 'organization' then 'none'
        else {{ workspace_or_default("unioned.workspace_id") }}
    end as workspace_id,
    unioned.created_by_id,
    unioned.created_by_type,
    unioned.is_in_directory,
    unioned.created_at,
    unioned.expires_at,
    seen.first_seen_at,
    case when not unioned.is_in_directory then seen.last_valid_to end as removed_at
from unioned
left join seen on unioned.api_key_id = seen.api_key_id
