-- Items that stand on two pages are staged once, so staging may hold fewer than the pages count,
-- but not none.
with counts as (

    {% for directory in ['users', 'workspaces', 'workspace_members', 'api_keys'] %}
    select
        '{{ directory }}' as endpoint,
        (select sum(record_count) from {{ source('raw_anthropic', directory) }}) as raw_count,
        (select count(*) from {{ ref('stg_anthropic__' ~ directory) }}) as staged_count
    {% if not loop.last %}union all by name{% endif %}
    {% endfor %}

)

select
    endpoint,
    raw_count,
    staged_count
from counts
where (raw_count > 0 and staged_count = 0) or staged_count > raw_count
