with seeded as (

    select * from {{ ref('int_budgets_given') }}

),

people as (

    select * from {{ ref('dim_people') }}

),

workspaces as (

    select * from {{ ref('dim_workspaces') }}

),

-- Limits have no history in the reports: what was read last is held against the last month that
-- there are figures of, and not against months in which it may have been another.
last_month as (

    select cast(date_trunc('month', max(usage_date)) as date) as valid_from
    from {{ ref('int_report_days_chosen') }}
    where report_family = 'cost' and is_complete_day and organization_kind = 'enterprise'

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

from_person_limits as (

    select
        'spend_limit' as budget_source,
        'person' as scope_type,
        min(limits.user_id) as scope_name,
        any_value(users.person_key) as scope_id,
        -- A person with two seats has the limits of both.
        cast(sum(limits.limit_usd) as decimal(18, 6)) as budget_usd,
        last_month.valid_from,
        cast(null as date) as valid_to
    from {{ ref('stg_anthropic__effective_spend_limits') }} as limits
    cross join last_month
    left join {{ ref('int_users_matched_to_people') }} as users on limits.user_id = users.user_id
    where limits.period = 'monthly' and limits.limit_usd is not null and not limits.is_deleted
    group by coalesce(nullif(users.person_key, 'unknown'), limits.user_id), last_month.valid_from

),

from_organization_limits as (

    select
        'spend_limit' as budget_source,
        'organization' as scope_type,
        'enterprise' as scope_name,
        'enterprise' as scope_id,
        limits.limit_usd as budget_usd,
        last_month.valid_from,
        cast(null as date) as valid_to
    from {{ ref('stg_anthropic__spend_limits') }} as limits
    cross join last_month
    where
        limits.scope_type = 'organization'
        and limits.period = 'monthly'
        and limits.is_enabled
        and limits.limit_usd is not null
    qualify row_number() over (order by limits.limit_usd, limits.spend_limit_id) = 1

),

unioned as (

    select * from from_seed
    union all by name
    select * from from_person_limits
    union all by name
    select * from from_organization_limits

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
