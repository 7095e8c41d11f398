with members as (

    {{ directory_items(
        "workspace_members",
        '{"workspace_id": "VARCHAR", "user_id": "VARCHAR", "workspace_role": "VARCHAR"}'
    ) }}

)

select
    item.workspace_id as workspace_id,
    item.user_id as user_id,
    item.workspace_role as workspace_role,
    loaded_at
from members
-- The list moves while it is read, so a member can stand on two pages.
qualify row_number() over (
    partition by item.workspace_id, item.user_id order by page_number desc
) = 1
