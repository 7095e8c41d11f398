with versions as (

    {{ entity_versions(
        "raw_anthropic", ["workspace_members"], '{"workspace_role": "VARCHAR"}'
    ) }}

)

select
    scope as workspace_id,
    entity_id as user_id,
    item.workspace_role as workspace_role,
    is_current,
    valid_from,
    valid_to
from versions
