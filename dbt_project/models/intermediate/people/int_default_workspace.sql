-- Version 2023-06-01 gives keys of the default workspace no workspace and, in their scope, its real
-- id: that tells for sure. The name does for the want of such a key.
with by_key as (

    select
        scope_workspace_id as workspace_id,
        1 as preference,
        cast(null as timestamp) as created_at
    from {{ ref('stg_anthropic__api_keys') }}
    where workspace_id is null and scope_type = 'workspace' and scope_workspace_id is not null

),

by_name as (

    select
        workspace_id,
        2 as preference,
        created_at
    from {{ ref('stg_anthropic__workspaces') }}
    where workspace_name = 'Default' and not is_archived

),

unioned as (

    select * from by_key
    union all by name
    select * from by_name

)

select workspace_id
from unioned
order by preference, created_at, workspace_id
limit 1
