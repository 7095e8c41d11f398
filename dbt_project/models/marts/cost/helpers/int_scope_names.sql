{{ config(materialized="view") }}

select
    'person' as scope_type,
    person_key as scope_id,
    display_name as scope_name
from {{ ref('dim_people') }}

union all

select
    'workspace' as scope_type,
    workspace_id as scope_id,
    workspace_name as scope_name
from {{ ref('dim_workspaces') }}

union all

select
    'actor_key' as scope_type,
    actor_key as scope_id,
    api_key_name as scope_name
from {{ ref('dim_claude_code_actors') }}
where api_key_name is not null
