with versions as (

    {{ entity_versions(
        "raw_anthropic", ["enterprise_rbac_group_members"], '{"email": "VARCHAR", "created_at": "VARCHAR"}'
    ) }}

)

select
    scope as rbac_group_id,
    entity_id as user_id,
    {{ normal_email('item.email') }} as email_address,
    {{ utc_timestamp('item.created_at') }} as created_at,
    is_current,
    valid_from,
    valid_to
from versions
