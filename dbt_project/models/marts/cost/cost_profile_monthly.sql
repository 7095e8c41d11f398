{{ config(
    materialized="incremental",
    unique_key="month_start_date",
    post_hook="{{ remember_built_days(ref('int_day_fingerprints')) }}",
) }}

with person_days as (

    select
        'organization' as scope_type,
        'all' as team_name,
        organization_id,
        person_key,
        is_developer,
        estimated_cost_usd,
        cast(date_trunc('month', usage_date) as date) as month_start_date
    from {{ ref('int_claude_code_person_days') }}
    where {{ in_changed_days('usage_date') }}

    union all by name

    select
        'team' as scope_type,
        team_name,
        organization_id,
        person_key,
        is_developer,
        estimated_cost_usd,
        cast(date_trunc('month', usage_date) as date) as month_start_date
    from {{ ref('int_claude_code_person_days') }}
    where {{ in_changed_days('usage_date') }}

),

published as (

    select
        max(upper_usd) filter (where figure = 'developer_day_mean')
            as published_developer_day_mean_usd,
        max(upper_usd) filter (where figure = 'developer_day_threshold')
            as published_developer_day_threshold_usd,
        max(share_pct) filter (where figure = 'developer_day_threshold')
            as published_below_threshold_pct,
        max(lower_usd) filter (where figure = 'developer_month')
            as published_developer_month_lower_usd,
        max(upper_usd) filter (where figure = 'developer_month')
            as published_developer_month_upper_usd,
        min(source_url) as published_source_url,
        min(read_on) as published_read_on
    from {{ ref('published_cost_figures') }}

),

-- The empty days too: a complete day without usage is a day of the month that was looked at.
complete_days as (

    select
        cast(date_trunc('month', usage_date) as date) as month_start_date,
        count(distinct usage_date) as complete_day_count
    from {{ ref('int_report_days_chosen') }}
    where report_family = 'activity' and organization_kind = 'console' and is_complete_day
    group by month_start_date

),

person_months as (

    select
        month_start_date,
        scope_type,
        team_name,
        organization_id,
        person_key,
        is_developer,
        count(*) as day_count,
        sum(estimated_cost_usd) as month_cost_usd
    from person_days
    group by month_start_date, scope_type, team_name, organization_id, person_key, is_developer

),

months as (

    select
        person_months.month_start_date,
        person_months.scope_type,
        person_months.team_name,
        person_months.organization_id,
        count(*) filter (where is_developer) as developer_count,
        median(month_cost_usd) filter (where is_developer)
            as median_cost_per_developer_month_usd,
        -- On the mean of the person's days, without a division: cost is below limit times days.
        count(*) filter (
            where
                is_developer
                and month_cost_usd < published.published_developer_day_threshold_usd * day_count
        ) as developers_below_threshold_count,
        count(*) filter (
            where
                is_developer and month_cost_usd < published.published_developer_month_lower_usd
        ) as developers_below_published_month_count,
        count(*) filter (
            where
                is_developer and month_cost_usd > published.published_developer_month_upper_usd
        ) as developers_above_published_month_count
    from person_months
    cross join published
    group by
        person_months.month_start_date,
        person_months.scope_type,
        person_months.team_name,
        person_months.organization_id

),

days as (

    select
        person_days.month_start_date,
        person_days.scope_type,
        person_days.team_name,
        person_days.organization_id,
        count(*) filter (where is_developer) as developer_day_count,
        coalesce(sum(estimated_cost_usd) filter (where is_developer), 0)
            as developer_estimated_cost_usd,
        coalesce(sum(estimated_cost_usd) filter (where not is_developer), 0)
            as other_estimated_cost_usd,
        median(estimated_cost_usd) filter (where is_developer)
            as median_cost_per_developer_day_usd,
        quantile_disc(estimated_cost_usd, 0.9) filter (where is_developer)
            as p90_cost_per_developer_day_usd,
        count(*) filter (
            where
                is_developer
                and estimated_cost_usd < published.published_developer_day_threshold_usd
        ) as developer_days_below_threshold_count
    from person_days
    cross join published
    group by
        person_days.month_start_date,
        person_days.scope_type,
        person_days.team_name,
        person_days.organization_id

)

select
    days.organization_id,
    days.scope_type,
    days.team_name,
    months.developer_count,
    days.developer_day_count,
    cast(days.developer_estimated_cost_usd as decimal(18, 6)) as developer_estimated_cost_usd,
    cast(days.other_estimated_cost_usd as decimal(18, 6)) as other_estimated_cost_usd,
    -- Whole millionths divided as integers: no rounding but the last digit's.
    cast(
        {{ micros('days.developer_estimated_cost_usd') }}
        // nullif(days.developer_day_count, 0) * 0.000001 as decimal(18, 6)
    ) as mean_cost_per_developer_day_usd,
    cast(days.median_cost_per_developer_day_usd as decimal(18, 6))
        as median_cost_per_developer_day_usd,
    {{ of_few('days.developer_day_count') }} as median_cost_per_developer_day_usd_is_of_few,
    cast(days.p90_cost_per_developer_day_usd as decimal(18, 6)) as p90_cost_per_developer_day_usd,
    days.developer_days_below_threshold_count,
    days.developer_days_below_threshold_count / nullif(days.developer_day_count, 0)
        as developer_days_below_threshold_ratio,
    months.developers_below_threshold_count,
    months.developers_below_threshold_count / nullif(months.developer_count, 0)
        as developers_below_threshold_ratio,
    cast(
        {{ micros('days.developer_estimated_cost_usd') }}
        // nullif(months.developer_count, 0) * 0.000001 as decimal(18, 6)
    ) as mean_cost_per_developer_month_usd,
    cast(months.median_cost_per_developer_month_usd as decimal(18, 6))
        as median_cost_per_developer_month_usd,
    {{ of_few('months.developer_count') }} as median_cost_per_developer_month_usd_is_of_few,
    months.developers_below_published_month_count,
    months.developers_above_published_month_count,
    published.published_developer_day_mean_usd,
    published.published_developer_day_threshold_usd,
    published.published_below_threshold_pct,
    published.published_developer_month_lower_usd,
    published.published_developer_month_upper_usd,
    published.published_source_url,
    published.published_read_on,
    coalesce(complete_days.complete_day_count, 0) as complete_day_count,
    coalesce(complete_days.complete_day_count, 0)
    = day(last_day(days.month_start_date)) as is_complete_month,
    days.month_start_date
from days
inner join months
    on
        days.month_start_date = months.month_start_date
        and days.organization_id = months.organization_id
        and days.scope_type = months.scope_type
        and days.team_name = months.team_name
left join complete_days on days.month_start_date = complete_days.month_start_date
cross join published
