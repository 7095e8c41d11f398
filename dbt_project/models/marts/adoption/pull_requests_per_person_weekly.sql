with days as (

    select * from {{ ref('int_activity_days_complete') }}
    where organization_id = 'all'

),

activity_weeks as (

    select
        cast(date_trunc('week', usage_date) as date) as week_start_date,
        count(*) filter (where is_complete_day) = 7
        -- An organisation that is read from within the week on is not known from its start.
        and min(organization_count) = max(organization_count) as is_read
    from days
    group by date_trunc('week', usage_date)

),

repository_weeks as (

    select
        cast(date_trunc('week', usage_date) as date) as week_start_date,
        count(*) = 7
        and min(repository_count) > 0
        and min(repositories_read_count) = max(repository_count) as is_read
    from {{ ref('coverage_daily') }}
    group by date_trunc('week', usage_date)

),

weeks as (

    select
        activity_weeks.week_start_date,
        activity_weeks.is_read and coalesce(repository_weeks.is_read, false) as is_complete_week
    from activity_weeks
    left join repository_weeks
        on activity_weeks.week_start_date = repository_weeks.week_start_date

),

active as (

    select distinct
        person_key,
        cast(date_trunc('week', usage_date) as date) as week_start_date,
        true as is_active
    from {{ ref('int_people_active_days') }}
    where is_human and organization_id = 'all'

),

merged as (

    select
        person_key,
        cast(date_trunc('week', merged_date) as date) as week_start_date,
        count(*) as merged_pull_request_count
    from {{ ref('fct_pull_requests') }}
    where merged_date is not null
    group by person_key, date_trunc('week', merged_date)

),

person_weeks as (

    select
        person_key,
        week_start_date,
        coalesce(active.is_active, false) as is_active,
        coalesce(merged.merged_pull_request_count, 0) as merged_pull_request_count
    from active
    full join merged using (person_key, week_start_date)

),

placed as (

    select * from {{ ref('int_people_placed_in_teams') }}
    where is_human

),

-- In the team of the week's last day, with the whole week, so that teams add up to all.
counted as (

    select
        weeks.week_start_date,
        coalesce(placed.team_name, 'all') as team_name,
        any_value(weeks.is_complete_week) as is_complete_week,
        count(*) filter (where person_weeks.is_active) as active_person_count,
        count(*) filter (
            where person_weeks.is_active and person_weeks.merged_pull_request_count > 0
        ) as active_author_count,
        cast(
            coalesce(
                sum(person_weeks.merged_pull_request_count) filter (where person_weeks.is_active),
                0
            ) as bigint
        ) as merged_pull_request_of_active_count,
        cast(sum(person_weeks.merged_pull_request_count) as bigint) as merged_pull_request_count
    from person_weeks
    inner join weeks on person_weeks.week_start_date = weeks.week_start_date
    inner join placed
        on
            person_weeks.person_key = placed.person_key
            and person_weeks.week_start_date + 6 >= placed.valid_from
            and person_weeks.week_start_date + 6 < placed.valid_to
    group by grouping sets (
        (weeks.week_start_date, placed.team_name), (weeks.week_start_date)
    )

)

select
    team_name,
    active_person_count,
    active_author_count,
    merged_pull_request_of_active_count,
    merged_pull_request_count,
    merged_pull_request_of_active_count / nullif(active_person_count, 0)
        as merged_pull_requests_per_active_person,
    is_complete_week,
    week_start_date
from counted
