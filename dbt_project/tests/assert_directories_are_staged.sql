-- Items that stand on two pages are staged once, so staging may hold fewer than the pages count,
-- but not none.
with counts as (

    {% for directory, model_name in {
        "users": "users",
        "workspaces": "workspaces",
        "workspace_members": "workspace_members",
        "api_keys": "api_keys",
        "enterprise_users": "enterprise_users",
        "enterprise_spend_limits": "spend_limits",
        "enterprise_effective_spend_limits": "effective_spend_limits",
        "enterprise_rbac_groups": "rbac_groups",
        "enterprise_rbac_group_members": "rbac_group_members",
    }.items() %}
    select
        '{{ directory }}' as endpoint,
        (select sum(record_count) from {{ source('raw_anthropic', directory) }}) as raw_count,
        (select count(*) from {{ ref('stg_anthropic__' ~ model_name) }}) as staged_count
    {% if not loop.last %}union all by name{% endif %}
    {% endfor %}

)

select
    endpoint,
    raw_count,
    staged_count
from counts
where (raw_count > 0 and staged_count = 0) or staged_count > raw_count
