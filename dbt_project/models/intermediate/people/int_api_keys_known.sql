with default_workspace as (

    select * from {{ ref('int_default_workspace') }}

),

{{ with_those_gone(
    'api_key_id', ref('stg_anthropic__api_keys'), ref('stg_anthropic__api_key_versions')
) }}

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
