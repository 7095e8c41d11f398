with members as (

    {{ directory_items(
        "enterprise_rbac_group_members",
        '{"user_id": "VARCHAR", "email": "VARCHAR", "created_at": "VARCHAR"}'
    ) }}

)

select
    window_key as rbac_group_id,
    item.user_id as user_id,
    {{ normal_email('item.email') }} as email_address,
    {{ utc_timestamp('item.created_at') }} as created_at,
    loaded_at
from members
-- The list moves while it is read, so a member can stand on two pages.
qualify row_number() over (
    partition by window_key, item.user_id order by page_number desc
) = 1
