"""What a leader asks first: what it costs, what ships with it, who uses it, how sure that is."""

from __future__ import annotations

from dashboard import charts
from dashboard.conditions import IN_DAYS, OF_MODEL, OF_REPOSITORY, OF_TEAM, OF_WORKSPACE
from dashboard.model import DATES, DATES_AND_TEAM, Chart, Column, Figure, Page, Section, Table

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
PULL_REQUESTS = Figure(
    "merged_with_claude",
    "Merged with Claude, best estimate",
    "count",
    f"""
    select
        round(sum(claude_probability), 0) as value,
        count(*) filter (claude_attribution = 'with_claude') as lower,
        count(*) filter (attribution_liberal = 'with_claude') as upper,
        'of ' || count(*) || ' merged' as detail
    from fct_pull_requests
    where merged_date between getvariable('first_day') and getvariable('last_day') and {OF_TEAM}
        and {OF_REPOSITORY}
    """,
    frozenset({"dates", "team", "repository"}),
    "fct_pull_requests.claude_probability",
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
    says="Bars by day: what was billed, by model. Pale days are not complete.",
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
    select usage_date as day, 'budget' as kind, scope_name as what,
        replace(budget_status, '_', ' ') || ': forecast $' || format('{{:,.0f}}', forecast_cost_usd)
        || ' of $' || format('{{:,.0f}}', budget_usd) as why
    from budget_status_daily
    where usage_date = (
            select max(usage_date) from budget_status_daily
            where usage_date <= getvariable('last_day')
        )
        and budget_status in ('exhausted', 'forecast_over', 'at_risk')
    union all
    select usage_date, 'anomaly', scope_type || ' ' || coalesce(scope_name, scope_id),
        '$' || format('{{:,.2f}}', cost_usd) || ' where $' || format('{{:,.2f}}', expected_cost_usd)
        || ' is usual; driver: ' || coalesce(driver_name, driver_type)
    from cost_anomalies_daily
    where {IN_DAYS}
    union all
    select cast(window_started_at as date), 'data', endpoint, completeness_status
    from data_completeness
    where completeness_status <> 'complete' and window_started_at >= getvariable('first_day')
    union all
    select cast(checked_at as date), 'check', concat_ws(': ', table_name, check_name), description
    from quality.checks
    where not is_passed
    order by day desc, kind, what
    """,
    (
        Column("day", "Day", "date"),
        Column("kind", "Kind"),
        Column("what", "What"),
        Column("why", "Why"),
    ),
    DATES,
    "cost_anomalies_daily.severity",
    empty="Nothing needs attention in these days.",
)
COVERAGE = Table(
    "how_sure",
    "How sure is this?",
    f"""
    select * from (
        select 1 as place, 'Days with all reports' as what,
            count(*) filter (is_complete_day) as known, count(*) as of_all
        from coverage_daily where {IN_DAYS}
        union all
        select 2, 'Billed dollars with a person in the report',
            sum(billed_cost_of_people_usd), sum(billed_cost_usd)
        from coverage_daily where {IN_DAYS}
        union all
        select 3, 'Commits of authors who are mapped',
            sum(commits_of_mapped_authors_count), sum(commit_count)
        from coverage_daily where {IN_DAYS}
        union all
        select 4, 'Days with a bill for Claude Code and people for it',
            count(*) filter (billed_claude_code_without_people_usd = 0), count(*)
        from coverage_daily
        where {IN_DAYS} and billed_claude_code_usd > 0
    )
    order by place
    """,
    (Column("what", "What"), Column("known", "Known", "count"), Column("of_all", "Of", "count")),
    DATES,
    "coverage_daily.is_complete_day",
)

PAGE = Page(
    "overview",
    "Overview",
    "What does Claude Code cost, what ships with it, and who uses it?",
    figures=(BILLED, FORECAST, PULL_REQUESTS, PEOPLE),
    sections=(
        Section("What needs attention", (ATTENTION,)),
        Section("Cost", (COST_BY_MODEL,)),
        Section("Teams", (TEAMS,)),
        Section("How sure", (COVERAGE,)),
    ),
)
