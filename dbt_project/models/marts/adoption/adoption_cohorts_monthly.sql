with person_months as (

    select
        person_key,
        cast(date_trunc('month', usage_date) as date) as month_start_date
    from {{ ref('int_people_active_days') }}
    where is_human and organization_id = 'all'
    group by person_key, date_trunc('month', usage_date)

),

days as (

    select * from {{ ref('int_activity_days_complete') }}
    where organization_id = 'all'

),

months as (

    select
        cast(date_trunc('month', usage_date) as date) as month_start_date,
        count(*) filter (where is_complete_day) as complete_day_count,
        -- An organisation that is read from within the month on is not known from its start.
        min(organization_count) = max(organization_count) as has_same_organizations
    from days
    group by date_trunc('month', usage_date)

),

cohorts as (

    select
        person_key,
        min(month_start_date) as cohort_month_date
    from person_months
    group by person_key

),

sizes as (

    select
        cohort_month_date,
        count(*) as cohort_person_count
    from cohorts
    group by cohort_month_date

),

active as (

    select
        cohorts.cohort_month_date,
        person_months.month_start_date,
        count(*) as active_person_count
    from person_months
    inner join cohorts on person_months.person_key = cohorts.person_key
    group by cohorts.cohort_month_date, person_months.month_start_date

)

select
    sizes.cohort_person_count,
    coalesce(active.active_person_count, 0) as active_person_count,
    cast(date_diff('month', sizes.cohort_month_date, months.month_start_date) as bigint)
        as months_since_first_count,
    months.complete_day_count,
    months.has_same_organizations
    and months.complete_day_count = day(last_day(months.month_start_date)) as is_complete_month,
    sizes.cohort_month_date = (select min(month_start_date) from months) as is_first_cohort,
    sizes.cohort_month_date,
    months.month_start_date
from sizes
inner join months on sizes.cohort_month_date <= months.month_start_date
left join active
    on
        sizes.cohort_month_date = active.cohort_month_date
        and months.month_start_date = active.month_start_date
