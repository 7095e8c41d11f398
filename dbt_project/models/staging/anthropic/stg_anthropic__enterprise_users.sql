with users as (

    {{ directory_items("enterprise_users", user_shape()) }}

)

select
    item.id as user_id,
    {{ user_columns("item") }},
    loaded_at
from users
-- The list moves while it is read, so a member can stand on two pages.
qualify row_number() over (partition by item.id order by page_number desc) = 1
