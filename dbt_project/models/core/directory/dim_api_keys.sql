with api_keys as (

    select * from {{ ref('int_api_keys_known') }}

),

people as (

    select * from {{ ref('int_api_keys_matched_to_people') }}

),

unlisted as (

    select distinct usage.api_key_id
    from {{ ref('fct_message_usage_daily') }} as usage
    anti join api_keys on usage.api_key_id = api_keys.api_key_id
    where usage.api_key_id <> 'none'

),

known as (

    select
        api_keys.api_key_id,
        api_keys.api_key_name,
        api_keys.api_key_status,
        api_keys.workspace_id,
        api_keys.created_by_type,
        people.created_by_person_key,
        api_keys.is_in_directory,
        api_keys.created_at,
        api_keys.expires_at,
        api_keys.first_seen_at,
        api_keys.removed_at
    from api_keys
    inner join people on api_keys.api_key_id = people.api_key_id

),

unioned as (

    select * from known

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
    {{ without_secrets('api_key_name') }} as api_key_name,
    api_key_status,
    workspace_id,
    coalesce(created_by_type, 'none') as created_by_type,
    created_by_person_key,
    is_in_directory,
    created_at,
    expires_at,
    first_seen_at,
    removed_at
from unioned
