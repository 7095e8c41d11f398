"""Level team: what becomes of each table, so that nothing in the file is of a few people.

Belongs here: the policy, by name of table and column. Does not belong here: how finely a figure may
be disclosed (`crowds`), or pseudonyms (`privacy`).

Each figure of people is disclosed by one set of cells, see `crowds`. A table that tells it again in
other cuts is empty, and so is one that is not listed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import duckdb

from publishing.crowds import OTHER, Figures, disclosed_of, prepare

_TEAM = (
    "left join {source}.dim_team_memberships as teams on teams.is_primary"
    " and teams.person_key = facts.person_key"
    " and facts.on_day >= coalesce(teams.valid_from, date '-infinity')"
    " and (teams.valid_to is null or facts.on_day < teams.valid_to)"
)


def _daily(name: str, table: str, columns: tuple[str, ...], measures: tuple[str, ...]) -> Figures:
    has_own_team = table == "fct_cost_attribution_daily"
    team = "facts.team_name" if has_own_team else "teams.team_name"
    listed = ", ".join(f"facts.{column}" for column in (*columns, *measures))
    return Figures(
        name=name,
        rows=(
            f"select facts.on_day as period, facts.person_key, {team} as team, {listed}"
            f" from (select *, usage_date as on_day from {{source}}.{table}) as facts"
            f" {'' if has_own_team else _TEAM} where facts.is_complete_day"
        ),
        tables=(table, "dim_people", "dim_team_memberships"),
        columns=columns,
        measures=measures,
    )


COST = _daily(
    "cost",
    "fct_cost_attribution_daily",
    ("model", "cost_source", "cost_type", "product", "workspace_id"),
    ("allocated_cost_usd",),
)
ESTIMATE = _daily(
    "estimate",
    "fct_claude_code_model_usage_daily",
    ("model", "customer_type", "terminal_type", "subscription_type", "organization_id"),
    # Its tokens are a part of those of all messages.
    ("estimated_cost_usd",),
)
TOKENS = _daily(
    "tokens",
    "fct_message_usage_daily",
    ("model", "usage_source", "product", "workspace_id", "service_tier", "context_window"),
    (
        "uncached_input_tokens",
        "output_tokens",
        "cache_read_tokens",
        "cache_creation_5m_tokens",
        "cache_creation_1h_tokens",
        "web_search_count",
        "request_count",
    ),
)
ACTIVITY = _daily(
    "activity",
    "fct_claude_code_activity_daily",
    ("customer_type", "terminal_type", "subscription_type", "source_report", "organization_id"),
    ("session_count", "lines_added", "lines_removed", "commit_count", "pull_request_count"),
)
TOOLS = _daily(
    "tools",
    "fct_claude_code_tool_actions_daily",
    ("tool_name", "customer_type", "terminal_type", "source_report", "organization_id"),
    ("accepted_count", "rejected_count"),
)


def _cost_of_month(scope: str, column: str, table: str, measure: str) -> Figures:
    return Figures(
        name=f"cost_by_{scope}",
        rows=(
            f"select date_trunc('month', usage_date) as period, person_key, null as team, {column},"
            f" {measure} as allocated_cost_usd from {{source}}.{table} where is_complete_day"
        ),
        tables=(table, "dim_people"),
        columns=(column,),
        measures=("allocated_cost_usd",),
        in_months=False,
    )


COST_BY_TEAM = _cost_of_month(
    "team", "team_name", "fct_cost_attribution_daily", "allocated_cost_usd"
)
COST_BY_REPOSITORY = _cost_of_month(
    "repository", "repository", "fct_repository_costs_daily", "estimated_cost_usd"
)
# Commits and merged pull requests, as contributions_monthly counts them. No figure is a part of
# another one: their difference would be a figure that nobody has looked at.
CONTRIBUTIONS = Figures(
    name="contributions",
    rows=(
        "select date_trunc('month', on_day) as period, facts.person_key, null as team,"
        " claude_attribution, coalesce(teams.team_name, 'unassigned') as team_name,"
        " merged_pull_request_count, commit_count, effective_lines_added, effective_lines_removed"
        " from (select person_key, cast(merged_at as date) as on_day, claude_attribution,"
        " 1 as merged_pull_request_count, effective_lines_added, effective_lines_removed"
        " from {source}.fct_pull_requests where merged_at is not null"
        " union all by name select person_key, cast(committed_at as date) as on_day,"
        " claude_attribution, 1 as commit_count from {source}.fct_commits where not is_merge)"
        f" as facts {_TEAM}"
    ),
    tables=("fct_pull_requests", "fct_commits", "dim_people", "dim_team_memberships"),
    columns=("claude_attribution", "team_name"),
    measures=(
        "merged_pull_request_count",
        "commit_count",
        "effective_lines_added",
        "effective_lines_removed",
    ),
    in_months=False,
    wanted="with_claude",
)


@dataclass(frozen=True)
class Disclosure:
    """A table, or the rows of it ``where``, that tells figures in their cells.

    ``measures`` are its numbers and the figures they are; ``whole`` are columns that are the same
    in all rows of a period. All other columns are withheld.
    """

    figures: Figures
    period: str
    measures: Mapping[str, str]
    where: str = "true"
    whole: tuple[str, ...] = ()


def _same(figures: Figures) -> dict[str, str]:
    return {name: name for name in figures.measures}


def _by_day(figures: Figures, measures: Mapping[str, str] | None = None) -> tuple[Disclosure, ...]:
    disclosed = measures or _same(figures)
    return (Disclosure(figures, "usage_date", disclosed, "is_complete_day", ("is_complete_day",)),)


_MONTH = ("complete_cost_day_count", "repository_count", "repositories_read_count")
DISCLOSED_TABLES: Mapping[str, tuple[Disclosure, ...]] = {
    "fct_cost_attribution_daily": _by_day(COST),
    "fct_billed_costs_daily": _by_day(COST, {"billed_cost_usd": "allocated_cost_usd"}),
    "fct_claude_code_model_usage_daily": _by_day(ESTIMATE),
    "fct_message_usage_daily": _by_day(TOKENS),
    "fct_claude_code_activity_daily": _by_day(ACTIVITY),
    "fct_claude_code_tool_actions_daily": _by_day(TOOLS),
    "cost_per_outcome_monthly": tuple(
        Disclosure(
            figures,
            "month_start_date",
            _same(figures),
            f"scope_type = '{scope}'",
            ("scope_type", other, "cost_basis", *_MONTH, "is_complete_month"),
        )
        for figures, scope, other in (
            (COST_BY_TEAM, "team", "repository"),
            (COST_BY_REPOSITORY, "repository", "team_name"),
        )
    ),
    "contributions_monthly": (Disclosure(CONTRIBUTIONS, "month_start_date", _same(CONTRIBUTIONS)),),
}


@dataclass(frozen=True)
class Counted:
    """A table of rows that say how many people are in them, in the column ``people``.

    Rows of fewer than the minimum are left out. Of rows that are parts of another one (``part`` is
    not ``whole``), those left out have enough people together, or the smallest part goes too.
    ``within`` are the columns that a part and its whole share.
    """

    people: str
    where: str = "true"
    part: str | None = None
    whole: str = "all"
    within: tuple[str, ...] = ()
    # Columns of amounts that are disclosed all the same; quantiles: the share of people beyond one.
    amounts: tuple[str, ...] = ()
    quantiles: Mapping[str, float] = field(default_factory=dict)


_PROFILE = ("developer_estimated_cost_usd", "mean_cost_per_developer_day_usd")
COUNTED_TABLES: Mapping[str, Counted] = {
    "adoption_cohorts_monthly": Counted("cohort_person_count"),
    "adoption_daily": Counted(
        "active_28d_count",
        where="organization_id = 'all'",
        part="team_name",
        within=("usage_date", "organization_id"),
    ),
    "contribution_comparison": Counted("matched_author_count", where="repository = 'all'"),
    "cost_profile_monthly": Counted(
        "developer_count",
        part="team_name",
        within=("month_start_date", "organization_id"),
        amounts=(*_PROFILE, "mean_cost_per_developer_month_usd"),
        quantiles={
            "median_cost_per_developer_day_usd": 0.5,
            "median_cost_per_developer_month_usd": 0.5,
            "p90_cost_per_developer_day_usd": 0.1,
        },
    ),
    "claude_code_activity_set_aside_daily": Counted("user_count"),
    "dim_teams": Counted("person_count"),
}
# About the organisation and not about people.
KEPT_TABLES = frozenset(
    {
        "coverage_daily",
        "data_completeness",
        "dim_dates",
        "dim_models",
        "dim_repositories",
        "dim_workspaces",
        "token_rate_headroom",
    }
)
# Rows about something else than a person, a key or a small team stay, without figures.
MIXED_TABLES = frozenset({"budget_status_daily", "cost_anomalies_daily"})
# Figures of people in tables that do not say how many are behind them. Amounts of money are left
# out of all these tables, but for those that no use makes.
UNTOLD_COLUMNS = frozenset(
    {
        "anomaly_score",
        "cache_read_ratio",
        "commit_count",
        "commits_of_mapped_authors_count",
        "days_until_exhausted",
        "driver_id",
        "driver_type",
        "expected_cache_read_ratio",
        "forecast_lower_overrun_ratio",
        "forecast_overrun_ratio",
        "forecast_upper_overrun_ratio",
        "headroom_request_count",
        "headroom_tokens",
        "largest_model",
        "limit_used_ratio",
        "lines_added",
        "model_usage_row_count",
        "model_usage_rows_with_cost_count",
        "peak_minute_started_at",
        "peak_request_count",
        "peak_tokens",
        "recommended_lower_used_ratio",
        "session_count",
    }
)
GIVEN_AMOUNTS = frozenset(
    {
        "budget_usd",
        "published_developer_day_mean_usd",
        "published_developer_day_threshold_usd",
        "published_developer_month_lower_usd",
        "published_developer_month_upper_usd",
        "recommended_lower",
        "recommended_per_person_lower",
        "recommended_per_person_upper",
        "recommended_upper",
    }
)


def prepare_tables(
    connection: duckdb.DuckDBPyConnection, tables: list[str], source: str, minimum: int
) -> frozenset[str]:
    """Work out what is disclosed of all figures; return the names of those whose rows are there."""
    used = {
        disclosed.figures.name: disclosed.figures
        for pieces in DISCLOSED_TABLES.values()
        for disclosed in pieces
    }
    there = [one for one in used.values() if set(one.tables) <= set(tables)]
    for figures in there:
        prepare(connection, figures, source, minimum)
    return frozenset(figures.name for figures in there)


def disclosed(piece: Disclosure, columns: Mapping[str, str], relation: str) -> str:
    """Return the query of a table's figures in their cells; ``columns`` are types by name."""
    period = f"facts.{piece.period}"
    selected = [
        f"cast({_disclosed_column(piece, name, kind)} as {kind}) as {_quoted(name)}"
        for name, kind in columns.items()
    ]
    own = {name: f"facts.{name}" for name in piece.figures.columns if name in columns}
    joins = disclosed_of(piece.figures, {"period": period, **own})
    cells = [period, *(_shown(name) for name in own)]
    return (
        f"select {', '.join(selected)} from {relation} as facts {joins}"
        f" where {piece.where} group by {', '.join(cells)}"
    )


def _disclosed_column(piece: Disclosure, name: str, kind: str) -> str:
    if name == piece.period:
        return f"facts.{name}"
    if name in piece.figures.columns:
        return _shown(name)
    if name in piece.measures:
        return f"sum(case when disclosed.{piece.measures[name]} then facts.{_quoted(name)} end)"
    if name in piece.whole:
        return f"any_value(facts.{_quoted(name)})"
    return "'withheld'" if kind.upper() == "VARCHAR" else "null"


def _shown(name: str) -> str:
    """Return what is shown of a column: nothing is known of a value without a figure."""
    return f"case when of_{name}.period is null then '{OTHER}' else of_{name}.shown end"


def counted_condition(table: Counted, relation: str, minimum: int) -> str:
    """Return which rows of a table that counts its people may be shown."""
    enough = f"{_quoted(table.people)} >= {minimum} and {table.where}"
    if table.part is None:
        return enough
    keys = ", ".join(_quoted(name) for name in table.within)
    part = _quoted(table.part)
    # Of the parts of a whole: how many people are in those left out, and which one is the smallest
    # that is not.
    people = _quoted(table.people)
    return (
        f"{enough} and ({keys}, {part}) not in (select ({keys}, {part})"
        f" from (select {keys}, {part}, {people} >= {minimum} as is_enough,"
        f" sum({people}) filter (where not is_enough) over (partition by {keys}) as left_out,"
        f" row_number() over (partition by {keys}, is_enough order by {people}, {part}) as place"
        f" from {relation} where {table.where} and {part} <> '{table.whole}')"
        f" where is_enough and place = 1 and left_out between 1 and {minimum - 1})"
    )


def counted_column(table: Counted | None, name: str, kind: str, minimum: int) -> str | None:
    """Return a number of a table that is no table of cells, or None where it stays as it is."""
    if table is not None and name in table.quantiles:
        # As many people on its shorter side as the minimum, and no cent that is somebody's own.
        people = round(minimum / table.quantiles[name])
        enough = f"{_quoted(table.people)} >= {people}"
        return f"case when {enough} then cast(round({_quoted(name)}) as {kind}) end"
    given = GIVEN_AMOUNTS | frozenset(table.amounts if table else ())
    is_amount = kind.upper().startswith("DECIMAL") and name not in given
    return f"cast(null as {kind})" if is_amount or name in UNTOLD_COLUMNS else None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
