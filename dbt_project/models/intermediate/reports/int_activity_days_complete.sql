with organizations as (

    select distinct
        'console' as organization_kind,
        organization_id
    from {{ ref('stg_anthropic__claude_code_records') }}

    union all

    select distinct
        'enterprise' as organization_kind,
        'enterprise' as organization_id
    from {{ ref('int_enterprise_activity_ruled') }}
    where counting_rule = 'counted'

),

days as (

    select
        organization_kind,
        usage_date
    from {{ ref('int_report_days_chosen') }}
    where report_family = 'activity' and is_complete_day

),

bounds as (

    select
        min(usage_date) as first_date,
        max(usage_date) as last_date
    from days

),

first_days as (

    select
        organization_kind,
        min(usage_date) as first_date
    from days
    group by organization_kind

),

spine as (

    select cast(unnest(generate_series(first_date, last_date, interval 1 day)) as date)
        as usage_date
    from bounds

),

by_organization as (

    select
        organizations.organization_id,
        spine.usage_date,
        1 as organization_count,
        days.usage_date is not null as is_complete_day
    from organizations
    cross join spine
    left join days
        on
            organizations.organization_kind = days.organization_kind
            and spine.usage_date = days.usage_date

    union all by name

    -- All is whole when each organisation that has been read by then is.
    select
        'all' as organization_id,
        spine.usage_date,
        count(*) as organization_count,
        bool_and(days.usage_date is not null) as is_complete_day
    from spine
    inner join first_days on spine.usage_date >= first_days.first_date
    left join days
        on
            first_days.organization_kind = days.organization_kind
            and spine.usage_date = days.usage_date
    group by spine.usage_date

)

select
    organization_id,
    cast(
        count(*) filter (where is_complete_day) over (
            partition by organization_id order by usage_date
            rows between 6 preceding and current row
        ) as bigint
    ) as complete_day_count_7d,
    cast(
        count(*) filter (where is_complete_day) over (
            partition by organization_id order by usage_date
            rows between 27 preceding and current row
        ) as bigint
    ) as complete_day_count_28d,
    cast(
        count(*) filter (where is_complete_day) over (
            partition by organization_id order by usage_date
            rows between 55 preceding and current row
        ) as bigint
    ) as complete_day_count_56d,
    organization_count,
    is_complete_day,
    usage_date
from by_organization
