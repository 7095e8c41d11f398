"""`claude-usage status`: what is loaded, complete, missing, as of when."""

from __future__ import annotations

from datetime import UTC, datetime

import duckdb
from rich.box import SIMPLE
from rich.table import Table

from claude_usage.calendar import calendar, legend, words
from claude_usage.console import out
from ingestion import raw, warehouse
from ingestion.anthropic.plan import DayState, day_states
from ingestion.settings import Settings
from ingestion.windows import runs

ALL_WINDOWS = f"""(
    from raw_anthropic.{raw.LEDGER_TABLE} union all by name from raw_github.{raw.LEDGER_TABLE}
)"""


def status(settings: Settings, *, months: int) -> int:
    """Print what is loaded, a calendar of the days, and what failed; return 0."""
    if not settings.warehouse_path.exists():
        out.print(f"Nothing is loaded yet: {settings.warehouse_path} does not exist.")
        out.print("Next: claude-usage run, or claude-usage demo")
        return 0
    with warehouse.connect(settings.warehouse_path, read_only=True) as connection:
        out.print(_endpoints(connection))
        days = day_states(connection, now=datetime.now(UTC))
        _print_calendar(days, months)
        for line in [*_gaps(days), *_failures(connection)]:
            out.print(line, soft_wrap=True, markup=False)
    out.print(_published(settings), soft_wrap=True)
    return 0


def _print_calendar(days: list[DayState], months: int) -> None:
    if days:
        out.print(legend())
        for line in calendar(days, months=months):
            out.print(line, soft_wrap=True)


def _endpoints(connection: duckdb.DuckDBPyConnection) -> Table:
    table = Table(title="What is loaded", title_justify="left", box=SIMPLE)
    for name in ("endpoint", "first", "last", "windows", "records", "as of (UTC)"):
        is_number = name in ("windows", "records")
        table.add_column(name, justify="right" if is_number else "left", no_wrap=True)
    rows = connection.execute(
        f"""
        select
            source || ' ' || endpoint, min(window_start), max(last_start),
            string_agg(windows || ' ' || status, ', ' order by status),
            sum(records)::bigint, max(last_fetched_at),
        from (
            select
                source, endpoint, status, count(*) as windows, sum(record_count) as records,
                min(window_start) as window_start, max(window_start) as last_start,
                max(last_fetched_at) as last_fetched_at,
            from {ALL_WINDOWS}
            group by source, endpoint, status
        )
        group by source, endpoint order by source, endpoint
        """
    ).fetchall()
    for row in rows:
        table.add_row(*(_text(value) for value in row))
    return table


def _text(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, datetime):
        is_midnight = (value.hour, value.minute, value.second) == (0, 0, 0)
        return f"{value:%Y-%m-%d}" if is_midnight else f"{value:%Y-%m-%d %H:%M}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _gaps(days: list[DayState]) -> list[str]:
    """Return a line for each family that lacks days, or one that says that none does."""
    if not days:
        return []
    lines = []
    for source, family in dict.fromkeys((one.source, one.family) for one in days):
        for state in ("missing", "failed"):
            found = [
                one.day
                for one in days
                if (one.source, one.family, one.state) == (source, family, state)
            ]
            if found:
                shown = ", ".join(str(one) for one in runs(found, longest=len(found)))
                lines.append(f"{state}: {source}, {words(family)}: {shown}")
    first, last = min(one.day for one in days), max(one.day for one in days)
    return lines or [f"No day is missing from {first} to {last}."]


def _failures(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute(
        f"""
        select error, count(*) from {ALL_WINDOWS}
        where error is not null group by error order by error
        """
    ).fetchall()
    return [f"last try failed ({count} windows): {error}" for error, count in rows]


def _published(settings: Settings) -> str:
    path = settings.publish_path
    if not path.exists():
        return f"Nothing is published yet at {path}."
    at = datetime.fromtimestamp(path.stat().st_mtime)
    return f"Published: {path}, {at:%Y-%m-%d %H:%M} local time."
