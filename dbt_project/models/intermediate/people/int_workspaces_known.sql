with listed as (

    select * from {{ ref('stg_anthropic__workspaces') }}

),

versions as (

    select * from {{ ref('stg_anthropic__workspace_versions') }}

),

default_workspace as (

    select * from {{ ref('int_default_workspace') }}

),

seen as (

    select
        workspace_id,
        min(valid_from) as first_seen_at,
        max(valid_to) as last_valid_to
    from versions
    group by workspace_id

),

gone as (

    select versions.*
    from versions
    anti join listed on versions.workspace_id = listed.workspace_id
    qualify row_number() over (
        partition by versions.workspace_id order by versions.valid_from desc
    ) = 1

),

unioned as (

    select
        *,
        true as is_in_directory
    from listed
    union all by name
    select
        *,
        false as is_in_directory
    from gone

)

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
