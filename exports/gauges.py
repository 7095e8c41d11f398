"""The gauges: figures of settled days as named samples, by SQL on the published file.

Belongs here: which gauges there are, their units and labels, and which days. Does not belong here:
how a monitoring system wants them written (`prometheus`, `push`).

They are gauges and no counters, as a source that revises a day makes a figure smaller. Labels hold
ids of workspaces, names of models and teams, and kinds; no gauge is of a person, a key or a
repository, and a label that looks like an address, a key or a path is ``withheld``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from pathlib import Path

import duckdb

# Answers SQL of this module with rows; names without a schema are marts.
Ask = Callable[[str], Sequence[tuple[object, ...]]]
# Each day is a label of its own, and series that never end pile up.
MOST_DAYS = 35
WITHHELD = "withheld"
_PERSONAL = (
    r"[^\s@]+@[^\s@]+\.[^\s@]+"
    r"|sk-[a-zA-Z]|gh[a-z]_[A-Za-z0-9]|github_pat_|eyJ[A-Za-z0-9]"
    r"|^[/~]|^[A-Za-z]:\\|/(home|Users|root|var|etc|srv|mnt)/"
)


class Span(Enum):
    """Which days a gauge tells of."""

    # Complete days, up to the newest that any report has.
    SETTLED = "settled"
    # The day on which the file was published, as far as it is known, and the day before.
    RECENT = "recent"


class NoFigures(Exception):
    """There is no published file, or none that can be read; the text says what to do."""


@contextmanager
def opened(path: Path) -> Iterator[Ask]:
    """Yield what answers from the published file, the same file for all that is asked inside.

    Raises:
        NoFigures: there is none.
    """
    if not path.exists():
        raise NoFigures(f"{path} is not there: run claude-usage run, or claude-usage demo")
    # In a database of its own: whoever connects to a path that is open gets what is open there.
    with duckdb.connect(":memory:", config={"autoload_known_extensions": False}) as connection:
        quoted = str(path).replace("'", "''")
        try:
            connection.execute(f"attach '{quoted}' as published (read_only)")
            connection.execute("from published.quality.published_file limit 0")
        except duckdb.Error as error:
            message = str(error).splitlines()[0]
            raise NoFigures(f"{path} is no published file of this version: {message}") from error
        connection.execute("set enable_external_access = false")
        connection.execute("use published.marts")
        yield lambda sql: connection.execute(sql).fetchall()


@dataclass(frozen=True)
class Gauge:
    """A gauge. ``name`` ends in ``unit`` where there is one; ``help`` is one line.

    ``sql`` answers for a span the labels in order and the value; a value that is not known has no
    row.
    """

    name: str
    unit: str
    help: str
    labels: tuple[str, ...]
    sql: Callable[[Span], str]


@dataclass(frozen=True)
class Sample:
    """A value, exact, and its labels in the order of the gauge's."""

    labels: tuple[str, ...]
    value: Decimal | int | float


def samples(ask: Ask, span: Span = Span.SETTLED) -> Iterator[tuple[Gauge, list[Sample]]]:
    """Yield each gauge with its samples, in the order of `GAUGES`; without any it has none."""
    for gauge in GAUGES:
        yield gauge, [_sample(row) for row in ask(gauge.sql(span)) if row[-1] is not None]


def _sample(row: tuple[object, ...]) -> Sample:
    value = row[-1]
    assert isinstance(value, Decimal | int | float)
    return Sample(tuple(map(str, row[:-1])), value)


def label(column: str) -> str:
    """Return SQL of a label: the column, or ``withheld`` where it looks personal."""
    return f"case when regexp_matches({column}, '{_PERSONAL}') then '{WITHHELD}' else {column} end"


def _days(span: Span, day: str = "usage_date", *, has_completeness: bool = True) -> str:
    """Return the condition that a day is of the span."""
    if span is Span.RECENT:
        return f"{day} >= (select cast(published_at as date) - 1 from quality.published_file)"
    settled = (
        f"{day} > (select max(usage_date) - {MOST_DAYS} from coverage_daily"
        " where complete_report_count > 0)"
    )
    return f"{settled} and is_complete_day" if has_completeness else settled


def _cost(span: Span) -> str:
    return f"""
    with lines as (
        select
            usage_date,
            {label("workspace_id")} as workspace_id,
            {label("model")} as model,
            cost_type,
            sum(billed_cost_usd) as billed_usd,
            -- Not of some of the lines only.
            case when count(*) = count(list_cost_usd) then sum(list_cost_usd) end as list_usd
        from fct_billed_costs_daily
        where {_days(span)}
        group by all
    )

    select cast(usage_date as varchar), workspace_id, model, cost_type, basis, cost_usd
    from (
        select *, 'billed' as basis, billed_usd as cost_usd from lines
        union all
        select *, 'list' as basis, list_usd as cost_usd from lines
    )
    order by all
    """


def _estimated(span: Span) -> str:
    return f"""
    select cast(usage_date as varchar), {label("model")} as model, sum(estimated_cost_usd)
    from fct_claude_code_model_usage_daily
    where {_days(span)}
    group by usage_date, {label("model")}
    order by all
    """


def _tokens(span: Span) -> str:
    return f"""
    select cast(usage_date as varchar), model, token_class, cast(sum(tokens) as bigint)
    from (
        unpivot (
            select
                usage_date,
                {label("model")} as model,
                uncached_input_tokens as uncached_input,
                cache_read_tokens as cache_read,
                cache_creation_5m_tokens as cache_creation_5m,
                cache_creation_1h_tokens as cache_creation_1h,
                output_tokens as output
            from fct_message_usage_daily
            where {_days(span)}
        ) on uncached_input, cache_read, cache_creation_5m, cache_creation_1h, output
        into name token_class value tokens
    )
    group by usage_date, model, token_class
    order by all
    """


def _merged(span: Span) -> str:
    return f"""
    select
        cast(merged_date as varchar),
        {label("team_name")} as team,
        claude_attribution,
        count(*)
    from fct_pull_requests
    where {_days(span, "merged_date", has_completeness=False)}
    group by merged_date, {label("team_name")}, claude_attribution
    order by all
    """


def _active(_: Span) -> str:
    return f"""
    select {label("team_name")} as team, day_window, max(people)
    from (
        unpivot (
            select
                team_name,
                active_1d_count as "1d",
                active_7d_count as "7d",
                active_28d_count as "28d"
            from adoption_daily
            where organization_id = 'all' and usage_date = (
                select max(usage_date) from adoption_daily
                where organization_id = 'all' and team_name = 'all'
                    and active_28d_count is not null
            )
        ) on "1d", "7d", "28d" into name day_window value people
    )
    group by {label("team_name")}, day_window
    order by all
    """


def _budget(column: str) -> Callable[[Span], str]:
    # A person's budget would be a label that leads to them.
    return lambda _: (
        f"""
    select budget_source, scope_type, {label("scope_id")} as scope_id, sum({column})
    from budget_status_daily as budgets
    where scope_type in ('organization', 'workspace', 'team')
        and usage_date = (
            select max(newest.usage_date) from budget_status_daily as newest
            where newest.budget_source = budgets.budget_source
        )
    group by budget_source, scope_type, {label("scope_id")}
    order by all
    """
    )


def _as_of(_: Span) -> str:
    return """
    select source_system, epoch(max(last_fetched_at))
    from data_completeness
    where is_complete
    group by source_system
    order by all
    """


def _windows(_: Span) -> str:
    return """
    select source_system, status, count(*) filter (completeness_status = status)
    from data_completeness
    cross join (values ('complete'), ('partial'), ('failed')) as known (status)
    group by source_system, status
    order by all
    """


def _failing(_: Span) -> str:
    # Without results of checks nothing is known of them.
    return """
    select severity, count(*) filter (not is_passed)
    from quality.checks
    group by severity
    order by all
    """


def _last_run(_: Span) -> str:
    return "select epoch(published_at) from quality.published_file"


def _success(_: Span) -> str:
    return """
    select cast(
        not exists (from data_completeness where completeness_status = 'failed')
        and not exists (from quality.checks where is_blocking and not is_passed)
        as integer
    )
    """


_BUDGET_LABELS = ("budget_source", "scope_type", "scope_id")
GAUGES = (
    Gauge(
        "claude_usage_cost_usd",
        "usd",
        "Cost of a complete UTC day in US dollars; basis billed is the bill, list the same at list"
        " prices, where the report has them. Never add the two.",
        ("day", "workspace_id", "model", "cost_type", "basis"),
        _cost,
    ),
    Gauge(
        "claude_usage_estimated_cost_usd",
        "usd",
        "Claude Code's own estimate of a complete UTC day in US dollars, subscriptions included."
        " Not a bill, and never added to one.",
        ("day", "model"),
        _estimated,
    ),
    Gauge(
        "claude_usage_tokens",
        "tokens",
        "Tokens of a complete UTC day by class; classes do not overlap.",
        ("day", "model", "token_class"),
        _tokens,
    ),
    Gauge(
        "claude_usage_merged_pull_requests",
        "",
        "Pull requests merged on a UTC day by team and evidence of Claude.",
        ("day", "team", "claude_attribution"),
        _merged,
    ),
    Gauge(
        "claude_usage_active_people",
        "",
        "People active in Claude Code in the window that ends with the newest whole day, by team;"
        " team all is everybody once.",
        ("team", "window"),
        _active,
    ),
    Gauge(
        "claude_usage_budget_usd",
        "usd",
        "Budget of the month in US dollars.",
        _BUDGET_LABELS,
        _budget("budget_usd"),
    ),
    Gauge(
        "claude_usage_budget_spent_usd",
        "usd",
        "Billed of the budget's month so far, complete days, in US dollars.",
        _BUDGET_LABELS,
        _budget("actual_cost_usd"),
    ),
    Gauge(
        "claude_usage_budget_forecast_usd",
        "usd",
        "Forecast of the bill at the end of the budget's month in US dollars.",
        _BUDGET_LABELS,
        _budget("forecast_cost_usd"),
    ),
    Gauge(
        "claude_usage_windows",
        "",
        "Days, directories and repositories of a source by how whole they are stored.",
        ("source", "status"),
        _windows,
    ),
    Gauge(
        "claude_usage_failing_checks",
        "",
        "Checks of the tables that do not hold, by severity.",
        ("severity",),
        _failing,
    ),
    Gauge(
        "claude_usage_data_as_of_timestamp_seconds",
        "seconds",
        "When anything of a source was last read whole, as Unix time.",
        ("source",),
        _as_of,
    ),
    Gauge(
        "claude_usage_last_run_timestamp_seconds",
        "seconds",
        "When the run that published ended, as Unix time. A run that publishes nothing leaves it.",
        (),
        _last_run,
    ),
    Gauge(
        "claude_usage_last_run_success",
        "",
        "1 where nothing that is published failed to load and each blocking check holds, else 0.",
        (),
        _success,
    ),
)
