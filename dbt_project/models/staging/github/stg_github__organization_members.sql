with members as (

    select
        organization,
        member_id,
        from_json(
            body,
            '{"login": "VARCHAR"}'
        ) as node,
        {{ utc_timestamp('fetched_at') }} as loaded_at
    from {{ source('raw_github', 'organization_members') }}

)

select
    organization,
    member_id,
    node.login as login,
    loaded_at
from members
