with versions as (

    {{ entity_versions(
        "raw_github",
        ["repositories"],
        '{
            "nameWithOwner": "VARCHAR",
            "isArchived": "BOOLEAN",
            "isFork": "BOOLEAN",
            "isPrivate": "BOOLEAN",
            "defaultBranchRef": {"name": "VARCHAR"}
        }'
    ) }}

)

select
    cast(entity_id as bigint) as repository_id,
    item.nameWithOwner as repository,
    item.defaultBranchRef.name as default_branch_name,
    item.isArchived as is_archived,
    item.isFork as is_fork,
    item.isPrivate as is_private,
    is_current,
    valid_from,
    valid_to
from versions
