-- Version 2023-06-01 gives keys of the default workspace no workspace and, in their scope, its real
-- id: that tells, where all such keys name one id and nothing says that it is another workspace's.
-- Else the name does: two workspaces taken for one could not be told apart again.
with keys as (

    select * from {{ ref('stg_anthropic__api_keys') }}

),

known_as_others as (

    select workspace_id from keys
    where workspace_id is not null
    union
    select workspace_id from {{ ref('stg_anthropic__workspaces') }}
    where workspace_name <> 'Default'

),

by_key as (

    select
        keys.scope_workspace_id as workspace_id,
        1 as preference,
        cast(null as timestamp) as created_at
    from keys
    where
        keys.workspace_id is null
        and keys.scope_type = 'workspace'
        and keys.scope_workspace_id is not null
    group by keys.scope_workspace_id
    qualify
        count(*) over () = 1
        and keys.scope_workspace_id not in (select workspace_id from known_as_others)

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
