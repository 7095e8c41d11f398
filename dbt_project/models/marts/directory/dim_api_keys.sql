with api_keys as (

    select * from {{ ref('stg_anthropic__api_keys') }}

),

users as (

    select * from {{ ref('stg_anthropic__users') }}

),

identities as (

    select * from {{ ref('int_identities_resolved') }}

),

unlisted as (

    select distinct usage.api_key_id
    from {{ ref('fct_message_usage_daily') }} as usage
    anti join api_keys on usage.api_key_id = api_keys.api_key_id
    where usage.api_key_id <> 'none'

),

listed as (

    select
        api_keys.api_key_id,
        api_keys.api_key_name,
        api_keys.api_key_status,
        case
            when api_keys.scope_type = 'organization' then 'none'
            else coalesce(api_keys.workspace_id, 'default')
        end as workspace_id,
        api_keys.created_by_type,
        coalesce(identities.person_key, 'unknown') as created_by_person_key,
        true as is_in_directory,
        api_keys.created_at,
        api_keys.expires_at
    from api_keys
    left join users
        on api_keys.created_by_type = 'user' and api_keys.created_by_id = users.user_id
    left join identities
        on
            identities.identity_type = 'email'
            and users.email_address = identities.identity_value

),

unioned as (

    select * from listed

    union all by name

    select
        api_key_id,
        api_key_id as api_key_name,
        'unknown' as api_key_status,
        'none' as workspace_id,
        'unknown' as created_by_person_key,
        false as is_in_directory
    from unlisted

    union all by name

    select
        'none' as api_key_id,
        'No API key' as api_key_name,
        'none' as api_key_status,
        'none' as workspace_id,
        'unknown' as created_by_person_key,
        false as is_in_directory

)

select
    api_key_id,
    api_key_name,
    api_key_status,
    workspace_id,
    coalesce(created_by_type, 'none') as created_by_type,
    created_by_person_key,
    is_in_directory,
    created_at,
    expires_at
from unioned
