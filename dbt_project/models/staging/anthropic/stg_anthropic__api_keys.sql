with api_keys as (

    {{ directory_items("api_keys", api_key_shape()) }}

)

select
    item.id as api_key_id,
    {{ api_key_columns("item") }},
    -- Version 2023-06-01 has a field of its own, null for the default workspace. Later versions
    -- have the scope alone, which names the default workspace by its real id.
    case
        when item.workspace_id is null and api_version > '2023-06-01'
            then item.scope.workspace_id
        else item.workspace_id
    end as workspace_id,
    loaded_at
from api_keys
-- The list moves while it is read, so a key can stand on two pages.
qualify row_number() over (partition by item.id order by page_number desc) = 1
