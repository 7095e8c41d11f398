-- The authors and days of all changes, once each.
with changes as (

    select
        person_key,
        cast(committed_at as date) as change_date
    from {{ ref('int_commits_matched_to_people') }}

    union

    select
        people.person_key,
        cast(
            coalesce(pull_requests.merged_at, pull_requests.closed_at, pull_requests.updated_at)
            as date
        ) as change_date
    from {{ ref('stg_github__pull_requests') }} as pull_requests
    inner join {{ ref('int_pull_requests_matched_to_people') }} as people
        on
            pull_requests.repository_id = people.repository_id
            and pull_requests.pull_request_number = people.pull_request_number

),

windows as (

    select
        person_key,
        change_date,
        change_date - {{ var('attribution_window_days_before') }} as window_start_date,
        change_date + {{ var('attribution_window_days_after') }} as window_end_date
    from changes
    where change_date is not null

),

-- Months are counted from 1970. The days of a month with activity are the bits of a number, so a
-- person's year is twelve rows, and a window looks into the two or so months that it touches.
active_months as (

    select
        person_key,
        date_diff('month', date '1970-01-01', usage_date) as month_number,
        bit_or(1::bigint << day(usage_date)) as active_days
    from {{ ref('fct_claude_code_activity_daily') }}
    where
        is_complete_day
        and person_key <> 'unknown'
        and coalesce(session_count, 0) + coalesce(lines_added, 0) + coalesce(lines_removed, 0)
        + coalesce(commit_count, 0) + coalesce(pull_request_count, 0) > 0
    group by all

),

window_months as (

    select
        person_key,
        change_date,
        month_number,
        case when month_number = start_month then day(window_start_date) else 1 end as first_day,
        case when month_number = end_month then day(window_end_date) else 31 end as last_day
    from (
        select
            *,
            date_diff('month', date '1970-01-01', window_start_date) as start_month,
            date_diff('month', date '1970-01-01', window_end_date) as end_month,
            unnest(range(start_month, end_month + 1)) as month_number
        from windows
    )

),

active_windows as (

    select
        window_months.person_key,
        window_months.change_date,
        bool_or(
            active_months.active_days
            & ((2::bigint << window_months.last_day) - (1::bigint << window_months.first_day))
            <> 0
        ) as is_active_in_window
    from window_months
    left join active_months
        on
            window_months.person_key = active_months.person_key
            and window_months.month_number = active_months.month_number
    group by window_months.person_key, window_months.change_date

),

complete_days as (

    select distinct usage_date
    from {{ ref('int_report_days_chosen') }}
    where report_family = 'activity' and is_complete_day

),

-- By day and not by person: the reports are read for all people at once.
distinct_windows as (

    select distinct
        change_date,
        window_start_date,
        window_end_date
    from windows

),

read_days as (

    select
        distinct_windows.change_date,
        count(complete_days.usage_date) as read_day_count,
        any_value(distinct_windows.window_end_date - distinct_windows.window_start_date) + 1
            as window_day_count
    from distinct_windows
    left join complete_days
        on
            complete_days.usage_date
            between distinct_windows.window_start_date and distinct_windows.window_end_date
    group by distinct_windows.change_date

)

select
    active_windows.person_key,
    active_windows.change_date,
    coalesce(active_windows.is_active_in_window, false) as is_active_in_window,
    read_days.read_day_count = read_days.window_day_count as is_window_read
from active_windows
inner join read_days on active_windows.change_date = read_days.change_date
