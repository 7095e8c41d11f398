with seeded as (

    select * from {{ ref('int_budgets_given') }}

),

people as (

    select * from {{ ref('dim_people') }}

),

workspaces as (

    select * from {{ ref('dim_workspaces') }}

),

from_seed as (

    select
        'seed' as budget_source,
        seeded.scope_type,
        seeded.scope_name,
        case seeded.scope_type
            when 'organization' then seeded.scope_name
            when 'team' then seeded.scope_name
            when 'workspace' then workspaces.workspace_id
            when 'person' then people.person_key
        end as scope_id,
        seeded.budget_usd,
        seeded.valid_from,
        seeded.valid_to
    from seeded
    left join workspaces
        on
            seeded.scope_type = 'workspace'
            and seeded.scope_name in (workspaces.workspace_id, workspaces.workspace_name)
    left join people
        on
            case when seeded.scope_type = 'person' then lower(seeded.scope_name) end
            = people.email_address

),

from_limits as (

    select
        'spend_limit' as budget_source,
        *,
        cast(null as date) as valid_to
    from {{ ref('int_spend_limits_known') }}

),

unioned as (

    select * from from_seed
    union all by name
    select * from from_limits

)

select
    budget_source,
    scope_type,
    scope_name,
    coalesce(scope_id, 'unknown') as scope_id,
    budget_usd,
    valid_from,
    valid_to
from unioned
