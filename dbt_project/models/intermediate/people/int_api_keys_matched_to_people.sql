with api_keys as (

    select * from {{ ref('int_api_keys_known') }}

),

workspaces as (

    select * from {{ ref('int_workspaces_known') }}

),

creators as (

    select * from {{ ref('int_users_matched_to_people') }}

)

-- Claude Code makes one key for each of its users, in a workspace of its own, and names it so. Who
-- made any other key is not who uses it: a key made by hand in that workspace may be a service's.
select
    api_keys.api_key_id,
    coalesce(creators.person_key, 'unknown') as created_by_person_key,
    case
        when
            lower(workspaces.workspace_name) = 'claude code'
            and starts_with(lower(api_keys.api_key_name), 'claude_code_key_')
            then coalesce(creators.person_key, 'unknown')
        else 'unknown'
    end as person_key
from api_keys
left join workspaces on api_keys.workspace_id = workspaces.workspace_id
left join creators
    on api_keys.created_by_type = 'user' and api_keys.created_by_id = creators.user_id
