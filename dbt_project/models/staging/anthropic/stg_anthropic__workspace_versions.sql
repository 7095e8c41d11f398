with versions as (

    {{ entity_versions("raw_anthropic", ["workspaces"], workspace_shape()) }}

)

select
    entity_id as workspace_id,
    {{ workspace_columns("item") }},
    is_current,
    valid_from,
    valid_to
from versions
