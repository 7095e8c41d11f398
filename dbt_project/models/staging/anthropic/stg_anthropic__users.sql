with pages as (

    select
        page_number,
        fetched_at,
        from_json(
            body,
            '{
                "data": [{
                    "id": "VARCHAR",
                    "email": "VARCHAR",
                    "name": "VARCHAR",
                    "role": "VARCHAR",
                    "added_at": "VARCHAR"
                }]
            }'
        ).data as users
    from {{ source('raw_anthropic', 'users') }}

),

users as (

    select
        page_number,
        unnest(users) as member,
        {{ utc_timestamp('fetched_at') }} as loaded_at
    from pages

)

select
    member.id as user_id,
    nullif(lower(trim(member.email)), '') as email_address,
    member.name as display_name,
    member.role as organization_role,
    {{ utc_timestamp('member.added_at') }} as added_at,
    loaded_at
from users
-- The list moves while it is read, so a member can stand on two pages.
qualify row_number() over (partition by member.id order by page_number desc) = 1
