"""What a leader asks first: what it costs, what ships with it, who uses it, how sure that is."""

from __future__ import annotations

from dashboard import charts
from dashboard.attention import FACTS, NEAR_LIMIT
from dashboard.conditions import IN_DAYS, OF_MODEL, OF_TEAM, OF_WORKSPACE
from dashboard.model import DATES, DATES_AND_TEAM, Chart, Column, Figure, Page, Section, Table
from dashboard.pages import contribution

BILLED = Figure(
    "billed",
    "Billed",
    "usd",
    f"""
    select
        sum(allocated_cost_usd) as value,
        count(distinct usage_date) || ' complete days' as detail
    from fct_cost_attribution_daily
    where is_complete_day and {IN_DAYS} and {OF_TEAM}
    """,
    DATES_AND_TEAM,
    "fct_cost_attribution_daily.allocated_cost_usd",
)
FORECAST = Figure(
    "forecast",
    "Month's end, forecast",
    "usd",
    """
    select
        forecast_cost_usd as value,
        forecast_lower_cost_usd as lower,
        forecast_upper_cost_usd as upper,
        'budget $' || format('{:,.0f}', budget_usd) || ', '
        || replace(budget_status, '_', ' ') as detail
    from budget_status_daily
    where scope_type = 'organization' and budget_source = 'seed'
        and usage_date <= getvariable('last_day')
    order by usage_date desc, scope_id
    limit 1
    """,
    frozenset(),
    "budget_status_daily.forecast_cost_usd",
)
PEOPLE = Figure(
    "active_people",
    "People active, last 28 days",
    "count",
    """
    select
        active_28d_count as value,
        'of ' || seat_count || ' seats; stickiness '
        || format('{:.0f} %', 100 * stickiness_ratio) as detail
    from adoption_daily
    where organization_id = 'all' and team_name = coalesce(getvariable('team'), 'all')
        and usage_date <= getvariable('last_day') and active_28d_count is not null
    order by usage_date desc
    limit 1
    """,
    frozenset({"team"}),
    "adoption_daily.active_28d_count",
)
COST_BY_MODEL = Chart(
    "cost_by_day_and_model",
    "Billed by day and model",
    f"""
    select
        usage_date,
        model,
        sum(allocated_cost_usd) as cost_usd,
        bool_and(is_complete_day) as is_complete
    from fct_cost_attribution_daily
    where {IN_DAYS} and {OF_TEAM}
        and {OF_MODEL}
        and {OF_WORKSPACE}
    group by usage_date, model
    order by usage_date, model
    """,
    (
        Column("usage_date", "Day", "date"),
        Column("model", "Model"),
        Column("cost_usd", "Billed", "usd"),
        Column("is_complete", "Complete"),
    ),
    frozenset({"dates", "team", "model", "workspace"}),
    "fct_cost_attribution_daily.allocated_cost_usd",
    marks=lambda: charts.stacked_days(
        "usage_date", "cost_usd", "model", title="US dollars", unit="usd"
    ),
    says="Bars by day: what was billed, by model. Hatched days are not complete.",
)
TEAMS = Table(
    "teams",
    "Teams",
    f"""
    with costs as (
        select team_name, sum(allocated_cost_usd) as cost_usd
        from fct_cost_attribution_daily
        where is_complete_day and {IN_DAYS}
        group by team_name
    ),

    merged as (
        select
            team_name,
            count(*) as merged_count,
            count(*) filter (claude_attribution = 'with_claude') as lower_count,
            round(sum(claude_probability), 1) as estimate_count,
            count(*) filter (attribution_liberal = 'with_claude') as upper_count
        from fct_pull_requests
        where merged_date between getvariable('first_day') and getvariable('last_day')
        group by team_name
    )

    select *
    from costs full join merged using (team_name)
    where {OF_TEAM}
    order by cost_usd desc nulls last, team_name
    """,
    (
        Column("team_name", "Team"),
        Column("cost_usd", "Billed", "usd"),
        Column("merged_count", "Merged pull requests", "count"),
        Column("lower_count", "with Claude at least", "count"),
        Column("estimate_count", "best estimate", "count"),
        Column("upper_count", "at most", "count"),
    ),
    DATES_AND_TEAM,
    "fct_cost_attribution_daily.team_name",
)
ATTENTION = Table(
    "attention",
    "What needs attention",
    f"""
    select
        day,
        level,
        what,
        why || case when driver is null then ''
            when kind = 'data_failed' then ': ' || driver
            else '; driver: ' || driver end as why
    from ({FACTS})
    where kind <> 'rate_headroom' or measure >= {NEAR_LIMIT}
    order by
        case
            when kind = 'check_failed' then if(level = 'failed', 0, 5)
            when kind in ('budget_exhausted', 'budget_forecast') then 1
            when kind = 'data_failed' then 2
            when kind = 'cost_anomaly' then 3
            else 4
        end,
        day desc,
        level,
        what
    """,
    (
        Column("day", "Day", "date"),
        Column("level", "How bad", "level"),
        Column("what", "What"),
        Column("why", "Why"),
    ),
    DATES_AND_TEAM,
    "cost_anomalies_daily.severity",
    empty="Nothing needs attention in these days.",
)
COVERAGE = Table(
    "how_sure",
    "How sure is this?",
    f"""
    with days as (
        select * from coverage_daily where {IN_DAYS}
    )

    select what, known / nullif(of_all, 0) as share, rest
    from (
        select
            1 as place,
            'Days with all reports' as what,
            count(*) filter (is_complete_day) as known,
            count(*) as of_all,
            count(*) filter (is_complete_day) || ' of ' || count(*) || ' days' as rest
        from days
        union all
        select
            2,
            'Bill with a person in the report',
            sum(billed_cost_of_people_usd),
            sum(billed_cost_usd),
            format('${{:,.0f}} of ${{:,.0f}}', sum(billed_cost_of_people_usd), sum(billed_cost_usd))
        from days
        union all
        select
            3,
            'Commits of authors who are known',
            sum(commits_of_mapped_authors_count),
            sum(commit_count),
            format('{{:,}} of {{:,}} commits',
                cast(sum(commits_of_mapped_authors_count) as bigint),
                cast(sum(commit_count) as bigint))
        from days
        union all
        select
            4,
            'Days with a bill for Claude Code that have people for it',
            count(*) filter (billed_claude_code_without_people_usd = 0),
            count(*),
            count(*) filter (billed_claude_code_without_people_usd = 0)
            || ' of ' || count(*) || ' days'
        from days
        where billed_claude_code_usd > 0
    )
    order by place
    """,
    (
        Column("what", "What"),
        Column("share", "Known", "ratio"),
        Column("rest", "That is"),
    ),
    DATES,
    "coverage_daily.is_complete_day",
)

PAGE = Page(
    "overview",
    "Overview",
    "What does Claude Code cost, what ships with it, and who uses it?",
    figures=(BILLED, FORECAST, contribution.MERGED_WITH_CLAUDE, contribution.COST, PEOPLE),
    sections=(
        Section("Now", (ATTENTION,)),
        Section("Over time", (COST_BY_MODEL, contribution.BY_WEEK), in_columns=True),
        Section("By team, and how sure", (TEAMS, COVERAGE), in_columns=True),
    ),
)
