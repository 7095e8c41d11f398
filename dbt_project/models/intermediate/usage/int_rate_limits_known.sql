with ledger as (

    select * from {{ ref('stg_anthropic__completeness_ledger') }}

),

default_workspace as (

    select * from {{ ref('int_default_workspace') }}

),

organization_limits as (

    select * from {{ ref('stg_anthropic__rate_limits') }}
    where group_type = 'model_group'

),

own_limits as (

    select
        {{ workspace_or_default("workspace_id") }} as workspace_id,
        rate_limit_id,
        limit_type,
        limit_value
    from {{ ref('stg_anthropic__workspace_rate_limits') }}
    where group_type = 'model_group' and limit_source = 'workspace'

),

-- The default workspace can have none of its own, so none is asked for.
workspaces_read as (

    select window_key as workspace_id
    from ledger
    where endpoint = 'workspace_rate_limits' and first_complete_at is not null
    union
    select unnest(['default', 'all']) as workspace_id

),

-- What a workspace does not override it has from the organisation.
inherited_limits as (

    select
        workspaces_read.workspace_id,
        organization_limits.rate_limit_id,
        organization_limits.limit_type,
        organization_limits.group_name as rate_limit_name,
        organization_limits.limit_value
    from workspaces_read
    cross join organization_limits

)

select
    workspace_id,
    rate_limit_id,
    inherited_limits.rate_limit_name,
    limit_type,
    coalesce(own_limits.limit_value, inherited_limits.limit_value) as limit_value,
    case
        when own_limits.limit_value is not null then 'workspace'
        when inherited_limits.limit_value is not null then 'organization'
    end as limit_source,
    own_limits.rate_limit_id is not null as is_own_limit
from inherited_limits
full join own_limits using (workspace_id, rate_limit_id, limit_type)
