with workspaces as (

    select * from {{ ref('int_workspaces_known') }}

),

member_counts as (

    select
        workspace_id,
        count(*) as member_count
    from {{ ref('stg_anthropic__workspace_members') }}
    group by workspace_id

),

seen as (

    select workspace_id from {{ ref('fct_message_usage_daily') }}
    union
    select workspace_id from {{ ref('fct_billed_costs_daily') }}
    union
    select workspace_id from {{ ref('dim_api_keys') }}
    union
    select workspace_id from {{ ref('dim_api_key_history') }}
    union
    select workspace_id from {{ ref('dim_workspace_member_history') }}
    union
    select 'default' as workspace_id

),

unlisted as (

    select seen.workspace_id
    from seen
    anti join workspaces on seen.workspace_id = workspaces.workspace_id

),

unioned as (

    select
        workspaces.workspace_id,
        workspaces.workspace_name,
        workspaces.workspace_geo,
        workspaces.default_inference_geo,
        cast(to_json(workspaces.tags) as varchar) as tags_json,
        workspaces.cost_center,
        member_counts.member_count,
        workspaces.workspace_id = 'default' as is_default,
        workspaces.is_in_directory,
        workspaces.is_archived,
        workspaces.created_at,
        workspaces.archived_at,
        workspaces.first_seen_at,
        workspaces.removed_at
    from workspaces
    left join member_counts on workspaces.workspace_id = member_counts.workspace_id

    union all by name

    select
        workspace_id,
        case workspace_id
            when 'default' then 'Default'
            when 'none' then 'No single workspace'
            else workspace_id
        end as workspace_name,
        'unassigned' as cost_center,
        workspace_id = 'default' as is_default,
        false as is_in_directory,
        false as is_archived
    from unlisted

)

select
    workspace_id,
    workspace_name,
    workspace_geo,
    default_inference_geo,
    tags_json,
    cost_center,
    member_count,
    is_default,
    is_in_directory,
    is_archived,
    created_at,
    archived_at,
    first_seen_at,
    removed_at
from unioned
