with repositories as (

    select
        repository_id,
        repository,
        is_active,
        fetched_at,
        from_json(
            body,
            '{
                "isArchived": "BOOLEAN",
                "isFork": "BOOLEAN",
                "isPrivate": "BOOLEAN",
                "createdAt": "VARCHAR",
                "pushedAt": "VARCHAR",
                "defaultBranchRef": {"name": "VARCHAR"}
            }'
        ) as node
    from {{ source('raw_github', 'repositories') }}

)

select
    repository_id,
    repository,
    node.defaultBranchRef.name as default_branch_name,
    node.isArchived as is_archived,
    node.isFork as is_fork,
    node.isPrivate as is_private,
    is_active,
    {{ utc_timestamp('node.createdAt') }} as created_at,
    {{ utc_timestamp('node.pushedAt') }} as pushed_at,
    {{ utc_timestamp('fetched_at') }} as loaded_at
from repositories
