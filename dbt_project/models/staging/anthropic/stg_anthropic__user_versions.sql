with versions as (

    {{ entity_versions("raw_anthropic", ["users", "enterprise_users"], user_shape()) }}

)

select
    case directory when 'users' then 'console' else 'enterprise' end as organization_kind,
    entity_id as user_id,
    {{ user_columns("item") }},
    is_current,
    valid_from,
    valid_to
from versions
