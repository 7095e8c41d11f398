with default_workspace as (

    select * from {{ ref('int_default_workspace') }}

),

{{ with_those_gone(
    'workspace_id', ref('stg_anthropic__workspaces'), ref('stg_anthropic__workspace_versions')
) }}

select
    {{ workspace_or_default("unioned.workspace_id") }} as workspace_id,
    unioned.workspace_name,
    unioned.workspace_geo,
    unioned.default_inference_geo,
    unioned.tags,
    coalesce(nullif(trim(unioned.tags['cost_center']), ''), 'unassigned') as cost_center,
    unioned.is_archived,
    unioned.is_in_directory,
    unioned.created_at,
    unioned.archived_at,
    seen.first_seen_at,
    case when not unioned.is_in_directory then seen.last_valid_to end as removed_at
from unioned
left join seen on unioned.workspace_id = seen.workspace_id
