with versions as (

    {{ entity_versions(
        "raw_anthropic",
        ["enterprise_rbac_groups"],
        '{"name": "VARCHAR", "source_type": "VARCHAR"}'
    ) }}

)

select
    entity_id as rbac_group_id,
    item.name as rbac_group_name,
    item.source_type as source_type,
    is_current,
    valid_from,
    valid_to
from versions
