with versions as (

    {{ entity_versions(
        "raw_github",
        ["organization_members"],
        '{"login": "VARCHAR"}'
    ) }}

)

select
    scope as organization,
    cast(entity_id as bigint) as member_id,
    item.login as login,
    is_current,
    valid_from,
    valid_to
from versions
