with groups as (

    {{ directory_items(
        "enterprise_rbac_groups",
        '{"id": "VARCHAR", "name": "VARCHAR", "source_type": "VARCHAR", "created_at": "VARCHAR"}'
    ) }}

)

select
    item.id as rbac_group_id,
    item.name as rbac_group_name,
    item.source_type as source_type,
    {{ utc_timestamp('item.created_at') }} as created_at,
    loaded_at
from groups
-- The list moves while it is read, so a group can stand on two pages.
qualify row_number() over (partition by item.id order by page_number desc) = 1
