with workspaces as (

    {{ directory_items("workspaces", workspace_shape()) }}

)

select
    item.id as workspace_id,
    {{ workspace_columns("item") }},
    loaded_at
from workspaces
-- The list moves while it is read, so a workspace can stand on two pages.
qualify row_number() over (partition by item.id order by page_number desc) = 1
