"""`claude-usage status`: what is loaded, complete, missing, as of when."""

from __future__ import annotations

from datetime import datetime

import duckdb
from rich.box import SIMPLE
from rich.table import Table

from claude_usage.console import out
from ingestion import ledger, raw, warehouse
from ingestion.settings import Settings
from ingestion.windows import ONE_DAY, Days, runs, today

ALL_WINDOWS = f"""(
    from raw_anthropic.{raw.LEDGER_TABLE} union all by name from raw_github.{raw.LEDGER_TABLE}
)"""


def status(settings: Settings) -> int:
    """Print the ledger, a line an endpoint, and the days that are missing; return 0."""
    if not settings.warehouse_path.exists():
        out.print(f"Nothing is loaded yet: {settings.warehouse_path} does not exist.")
        out.print("Next: claude-usage run, or claude-usage demo")
        return 0
    with warehouse.connect(settings.warehouse_path, read_only=True) as connection:
        out.print(_endpoints(connection))
        for line in [*_gaps(connection), *_failures(connection)]:
            out.print(line, soft_wrap=True, markup=False)
    out.print(_published(settings), soft_wrap=True)
    return 0


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


def _gaps(connection: duckdb.DuckDBPyConnection) -> list[str]:
    first = ledger.first_day(connection, "anthropic")
    if first is None:
        return []
    lines = []
    for report in raw.REPORTS:
        gaps = ledger.missing_days(connection, report, Days(first, today()))
        if gaps:
            shown = ", ".join(str(one) for one in runs(gaps, longest=len(gaps)))
            lines.append(f"missing {report.name}: {shown}")
    yesterday = today() - ONE_DAY
    return lines or [f"No day is missing from {first} to {yesterday}."]


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
