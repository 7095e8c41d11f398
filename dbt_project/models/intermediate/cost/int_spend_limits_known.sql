-- Limits have no history in the reports: what was read last is held against the last month that
-- there are figures of, and not against months in which it may have been another.
with last_month as (

    select cast(date_trunc('month', max(usage_date)) as date) as valid_from
    from {{ ref('int_report_days_chosen') }}
    where report_family = 'cost' and is_complete_day and organization_kind = 'enterprise'

),

from_person_limits as (

    select
        'person' as scope_type,
        min(limits.user_id) as scope_name,
        any_value(users.person_key) as scope_id,
        -- A person with two seats has the limits of both.
        cast(sum(limits.limit_usd) as decimal(18, 6)) as budget_usd,
        last_month.valid_from
    from {{ ref('stg_anthropic__effective_spend_limits') }} as limits
    cross join last_month
    left join {{ ref('int_users_matched_to_people') }} as users on limits.user_id = users.user_id
    where limits.period = 'monthly' and limits.limit_usd is not null and not limits.is_deleted
    group by coalesce(nullif(users.person_key, 'unknown'), limits.user_id), last_month.valid_from

),

from_organization_limits as (

    select
        'organization' as scope_type,
        'enterprise' as scope_name,
        'enterprise' as scope_id,
        limits.limit_usd as budget_usd,
        last_month.valid_from
    from {{ ref('stg_anthropic__spend_limits') }} as limits
    cross join last_month
    where
        limits.scope_type = 'organization'
        and limits.period = 'monthly'
        and limits.is_enabled
        and limits.limit_usd is not null
    qualify row_number() over (order by limits.limit_usd, limits.spend_limit_id) = 1

)

select * from from_person_limits
union all by name
select * from from_organization_limits
