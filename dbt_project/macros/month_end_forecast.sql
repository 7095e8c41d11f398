{#- Cost at the end of the month as of each day, with its 80 % interval, from daily costs.

    `costs`: usage_date, cost_usd, valid_from and the columns of `scope`, one row per complete day and
    scope, the days before `valid_from` as history only. `days`: usage_date, the complete days.

    The variance is that of the days left and of the means they are forecast by, were days
    independent, times how much more than so the scope's last twelve weeks differ from each other:
    by what days in a row have in common, and by shifts of level. Few weeks say little of that, so
    that two more are added that differ as much as is usual. What a shift costs grows with the days
    left. The constants were set on organisations of the back-test. -#}
{%- macro month_end_forecast(costs, days, scope) -%}
{%- set history_days = 28 -%}
{%- set enough_days = 7 -%}
{%- set history_weeks = 12 -%}
{%- set usual_weeks = 2 -%}
{%- set usual_ratio = 1.5 -%}
{%- set variance_of_day = 0.8 -%}
{%- set variance_of_days_left = 0.02 -%}
with weeks as (

    select
        *,
        case when count(*) over week = 7 then sum(cost_usd) over week end as week_cost_usd
    from {{ costs }}
    window
        week as (
            partition by {{ scope }}
            order by usage_date
            range between interval 6 days preceding and current row
        )

),

windowed as (

    select
        *,
        sum(cost_usd) over month_to_date as actual_cost_usd,
        count(*) over month_to_date as complete_day_count,
        count(*) over history as history_day_count,
        count(*) filter (where isodow(usage_date) < 6) over history as working_count,
        count(*) filter (where isodow(usage_date) >= 6) over history as weekend_count,
        coalesce(avg(cost_usd) filter (where isodow(usage_date) < 6) over history, 0) as working_mean,
        coalesce(avg(cost_usd) filter (where isodow(usage_date) >= 6) over history, 0) as weekend_mean,
        coalesce(var_samp(cost_usd) filter (where isodow(usage_date) < 6) over history, 0)
            as working_variance,
        coalesce(var_samp(cost_usd) filter (where isodow(usage_date) >= 6) over history, 0)
            as weekend_variance,
        var_samp(week_cost_usd) over weeks_before as week_variance,
        greatest(count(week_cost_usd) over weeks_before - 1, 0) as week_freedom,
        cast(date_trunc('month', usage_date) as date) as month_start_date,
        cast(last_day(usage_date) - usage_date as integer) as remaining_day_count
    from weeks
    window
        month_to_date as (
            partition by {{ scope }}, date_trunc('month', usage_date)
            order by usage_date
        ),
        history as (
            partition by {{ scope }}
            order by usage_date
            range between interval {{ history_days - 1 }} days preceding and current row
        ),
        weeks_before as (
            partition by {{ scope }}, isodow(usage_date)
            order by usage_date
            range between interval {{ (history_weeks - 1) * 7 }} days preceding and current row
        )

),

-- Working days left in the month, once for each day and not for each budget.
ahead as (

    select
        usage_date,
        count(*) filter (where isodow(usage_date + cast(day_number as integer)) < 6)
            as remaining_working_day_count
    from (
        select
            usage_date,
            unnest(range(1, datediff('day', usage_date, last_day(usage_date)) + 1)) as day_number
        from {{ days }}
    )
    group by usage_date

),

remaining as (

    select
        windowed.*,
        coalesce(ahead.remaining_working_day_count, 0) as remaining_working_day_count
    from windowed
    left join ahead on windowed.usage_date = ahead.usage_date
    where windowed.usage_date >= windowed.valid_from

),

compared as (

    select
        *,
        (
            {{ usual_weeks * usual_ratio }}
            + week_freedom
            * coalesce(
                week_variance / nullif(5 * working_variance + 2 * weekend_variance, 0),
                {{ usual_ratio }}
            )
        ) / ({{ usual_weeks }} + week_freedom) as week_variance_ratio
    from remaining

),

forecast as (

    select
        *,
        remaining_working_day_count * working_mean
        + (remaining_day_count - remaining_working_day_count) * weekend_mean as to_come,
        -- Student's quantile by the first term of its expansion.
        (1.2816 + 0.8466 / greatest(history_day_count - 2, 1)) * sqrt(
            ({{ variance_of_day }} + {{ variance_of_days_left }} * remaining_day_count)
            * week_variance_ratio
            * (
                {{ variance_of_sum("remaining_working_day_count", "working") }}
                + {{ variance_of_sum("remaining_day_count - remaining_working_day_count", "weekend") }}
            )
        ) as half_width,
        (5 * working_mean + 2 * weekend_mean) / 7 as daily_mean,
        history_day_count >= {{ enough_days }} as has_forecast
    from compared

),

rounded as (

    select
        *,
        case
            when has_forecast
                then cast(actual_cost_usd + cast(to_come as decimal(18, 6)) as decimal(18, 6))
        end as forecast_cost_usd,
        case
            when has_forecast
                then
                    cast(
                        actual_cost_usd
                        + cast(greatest(to_come - half_width, 0) as decimal(18, 6)) as decimal(18, 6)
                    )
        end as forecast_lower_cost_usd,
        case
            when has_forecast
                then
                    cast(
                        actual_cost_usd
                        + cast(to_come + half_width as decimal(18, 6)) as decimal(18, 6)
                    )
        end as forecast_upper_cost_usd
    from forecast


)

select * from rounded
{%- endmacro %}

{#- Of the sum of `left` days of a kind: their own variance, and that of their estimated mean. -#}
{%- macro variance_of_sum(left, kind) -%}
({{ left }}) * {{ kind }}_variance * (1 + ({{ left }}) / greatest({{ kind }}_count, 1))
{%- endmacro %}
