with versions as (

    {{ entity_versions("raw_anthropic", ["api_keys"], api_key_shape()) }}

)

select
    entity_id as api_key_id,
    {{ api_key_columns("item") }},
    coalesce(item.workspace_id, item.scope.workspace_id) as workspace_id,
    is_current,
    valid_from,
    valid_to
from versions
