with pages as (

    select
        page_number,
        fetched_at,
        from_json(
            body,
            '{
                "data": [{
                    "workspace_id": "VARCHAR",
                    "user_id": "VARCHAR",
                    "workspace_role": "VARCHAR"
                }]
            }'
        ).data as members
    from {{ source('raw_anthropic', 'workspace_members') }}

),

members as (

    select
        page_number,
        unnest(members) as member,
        {{ utc_timestamp('fetched_at') }} as loaded_at
    from pages

)

select
    member.workspace_id as workspace_id,
    member.user_id as user_id,
    member.workspace_role as workspace_role,
    loaded_at
from members
-- The list moves while it is read, so a member can stand on two pages.
qualify row_number() over (
    partition by member.workspace_id, member.user_id order by page_number desc
) = 1
