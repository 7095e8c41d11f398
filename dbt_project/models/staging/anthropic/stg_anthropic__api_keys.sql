with pages as (

    select
        page_number,
        api_version,
        fetched_at,
        from_json(
            body,
            '{
                "data": [{
                    "id": "VARCHAR",
                    "name": "VARCHAR",
                    "status": "VARCHAR",
                    "workspace_id": "VARCHAR",
                    "scope": {"type": "VARCHAR", "workspace_id": "VARCHAR"},
                    "created_by": {"id": "VARCHAR", "type": "VARCHAR"},
                    "created_at": "VARCHAR",
                    "expires_at": "VARCHAR"
                }]
            }'
        ).data as api_keys
    from {{ source('raw_anthropic', 'api_keys') }}

),

api_keys as (

    select
        page_number,
        api_version,
        unnest(api_keys) as api_key,
        {{ utc_timestamp('fetched_at') }} as loaded_at
    from pages

)

select
    api_key.id as api_key_id,
    api_key.name as api_key_name,
    api_key.status as api_key_status,
    api_key.scope.type as scope_type,
    -- Version 2023-06-01 has a field of its own, null for the default workspace. Later versions
    -- have the scope alone, which names the default workspace by its real id.
    case
        when api_key.workspace_id is null and api_version > '2023-06-01'
            then api_key.scope.workspace_id
        else api_key.workspace_id
    end as workspace_id,
    api_key.created_by.id as created_by_id,
    api_key.created_by.type as created_by_type,
    {{ utc_timestamp('api_key.created_at') }} as created_at,
    {{ utc_timestamp('api_key.expires_at') }} as expires_at,
    loaded_at
from api_keys
-- The list moves while it is read, so a key can stand on two pages.
qualify row_number() over (partition by api_key.id order by page_number desc) = 1
