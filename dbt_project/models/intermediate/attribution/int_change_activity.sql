-- The authors and days of all changes, once each.
with changes as (

    select distinct
        people.person_key,
        cast(commits.committed_at as date) as change_date
    from {{ ref('stg_github__commits') }} as commits
    inner join {{ ref('int_commits_matched_to_people') }} as people
        on commits.repository_id = people.repository_id and commits.commit_sha = people.commit_sha

    union

    select distinct
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

active_days as (

    select distinct
        person_key,
        usage_date
    from {{ ref('fct_claude_code_activity_daily') }}
    where
        is_complete_day
        and person_key <> 'unknown'
        and coalesce(session_count, 0) + coalesce(lines_added, 0) + coalesce(lines_removed, 0)
        + coalesce(commit_count, 0) + coalesce(pull_request_count, 0) > 0

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

),

-- The last active day up to the window's end decides: one lookup, and not a row for each day.
last_active as (

    select
        windows.person_key,
        windows.change_date,
        windows.window_start_date,
        active_days.usage_date as last_active_date
    from windows
    asof left join active_days
        on
            windows.person_key = active_days.person_key
            and windows.window_end_date >= active_days.usage_date

)

select
    last_active.person_key,
    last_active.change_date,
    coalesce(last_active.last_active_date >= last_active.window_start_date, false)
        as is_active_in_window,
    read_days.read_day_count = read_days.window_day_count as is_window_read
from last_active
inner join read_days on last_active.change_date = read_days.change_date
