with days as (

    select usage_date as calendar_date from {{ ref('fct_claude_code_activity_daily') }}
    union all by name
    select usage_date as calendar_date from {{ ref('fct_message_usage_daily') }}
    union all by name
    select usage_date as calendar_date from {{ ref('fct_billed_costs_daily') }}
    union all by name
    select usage_date as calendar_date from {{ ref('fct_gateway_usage_daily') }}
    union all by name
    select usage_date as calendar_date from {{ ref('fct_local_usage_daily') }}
    union all by name
    select usage_date as calendar_date from {{ ref('fct_telemetry_usage_daily') }}
    union all by name
    select usage_date as calendar_date from {{ ref('fct_telemetry_tools_daily') }}
    union all by name
    select usage_date as calendar_date from {{ ref('fct_telemetry_activity_daily') }}
    union all by name
    select cast(committed_at as date) as calendar_date from {{ ref('fct_commits') }}
    union all by name
    select cast(created_at as date) as calendar_date from {{ ref('fct_pull_requests') }}
    union all by name
    select cast(merged_at as date) as calendar_date from {{ ref('fct_pull_requests') }}
    union all by name
    -- A day on which nothing happened is a day of the calendar too.
    select cast(window_started_at as date) as calendar_date from {{ ref('data_completeness') }}
    where source_system = 'anthropic' and is_complete

),

distinct_days as (

    select distinct calendar_date
    from days
    where calendar_date is not null

),

-- Commit dates are whatever the author's clock said. A commit of the year 1970 or 9999 gets its
-- day, and not the thousands of days between.
bounds as (

    select
        min(calendar_date) as first_date,
        max(calendar_date) as last_date
    from distinct_days
    where
        calendar_date >= date '2005-01-01'
        and calendar_date <= (
            select cast(max(last_fetched_at) as date) from {{ ref('data_completeness') }}
        )

),

spine as (

    select cast(unnest(generate_series(first_date, last_date, interval 1 day)) as date)
        as calendar_date
    from bounds
    union
    select calendar_date from distinct_days

)

select
    calendar_date,
    cast(date_trunc('week', calendar_date) as date) as week_start_date,
    cast(date_trunc('month', calendar_date) as date) as month_start_date,
    cast(date_trunc('quarter', calendar_date) as date) as quarter_start_date,
    cast(isoyear(calendar_date) as integer) as iso_year_number,
    cast(week(calendar_date) as integer) as iso_week_number,
    cast(isodow(calendar_date) as integer) as iso_weekday_number,
    isodow(calendar_date) >= 6 as is_weekend
from spine
