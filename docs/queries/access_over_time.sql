-- Which keys did each person make, and which workspace roles did they have, from when to when?
with access as (
    select
        created_by_person_key as person_key,
        'API key' as kind,
        coalesce(api_key_name, api_key_id) as name,
        api_key_status as state,
        workspace_id,
        valid_from,
        valid_to
    from marts.dim_api_key_history
    where created_by_person_key <> 'unknown'
    union all by name
    select
        person_key,
        'workspace role' as kind,
        workspace_role as name,
        'member' as state,
        workspace_id,
        valid_from,
        valid_to
    from marts.dim_workspace_member_history
)

select
    display_name,
    workspace_name,
    kind,
    name,
    state,
    -- Null: since before the directory was first read.
    valid_from,
    valid_to
from access
inner join marts.dim_people using (person_key)
inner join marts.dim_workspaces using (workspace_id)
order by display_name, person_key, workspace_name, kind, name, valid_from nulls first;
