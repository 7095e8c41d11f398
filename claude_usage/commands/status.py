"""`claude-usage status`: what is loaded, complete, missing, as of when."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb
from rich.box import SIMPLE
from rich.markup import escape
from rich.table import Table

from claude_usage.calendar import calendar, legend, words
from claude_usage.console import out, print_json
from ingestion import warehouse
from ingestion.errors import ConfigurationError
from ingestion.github import tables as github
from ingestion.plan import DayState, day_states
from ingestion.raw import LEDGER_TABLE
from ingestion.settings import Settings
from ingestion.sources import all_windows
from ingestion.warehouse_file import WarehouseMissing
from ingestion.windows import runs

ALL_WINDOWS = f"({all_windows()})"
# Repositories that a table shows; of an organisation of hundreds the others are counted.
MOST_REPOSITORIES = 30


def status(settings: Settings, *, months: int, as_json: bool = False) -> int:
    """Print what is loaded, a calendar of the days, and what failed; return 0."""
    if not as_json:
        out.print(f"Warehouse: {settings.warehouse_path}. All times are UTC.", soft_wrap=True)
    try:
        with warehouse.connect(settings.warehouse_path, read_only=True) as connection:
            if as_json:
                print_json(_head(settings) | _document(connection))
                return 0
            _print_stored(connection, months)
    except WarehouseMissing:
        if as_json:
            print_json(_head(settings))
            return 0
        out.print(f"Nothing is loaded yet: {settings.warehouse_path} does not exist.")
        out.print("Next: claude-usage run, or claude-usage demo")
        return 0
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        raise ConfigurationError(
            f"{settings.warehouse_path} lacks tables or columns of this version: claude-usage run"
            " adds them"
        ) from error
    out.print(_published(settings), soft_wrap=True)
    return 0


def _head(settings: Settings) -> dict[str, object]:
    published = settings.publish_path
    return {
        "warehouse": settings.warehouse_path,
        "is_loaded": settings.warehouse_path.exists(),
        "published_file": published if published.exists() else None,
        "published_at": _published_at(settings) if published.exists() else None,
    }


def _document(connection: duckdb.DuckDBPyConnection) -> dict[str, object]:
    """Return all that is stored, by endpoint, day and repository, and what failed."""
    columns = ("source", "endpoint", "first_day", "last_day", "windows", "records", "last_read_at")
    days = day_states(connection, now=datetime.now(UTC))
    return {
        "endpoints": [dict(zip(columns, row, strict=True)) for row in _endpoints(connection)],
        "days": [
            {"source": one.source, "family": one.family, "day": one.day, "state": one.state}
            for one in days
        ],
        "repositories": [asdict(one) for one in repositories(connection)],
        "failures": [
            {"error": error, "windows": count} for error, count in _failed_windows(connection)
        ],
    }


def _print_stored(connection: duckdb.DuckDBPyConnection, months: int) -> None:
    days = day_states(connection, now=datetime.now(UTC))
    out.print(_reports(connection))
    _print_calendar(days, months)
    for line in _gaps(days):
        out.print(line, soft_wrap=True, markup=False)
    synced = repositories(connection)
    if synced:
        out.print(_repository_table(synced))
    for line in [*_others(synced), *_failures(connection)]:
        out.print(line, soft_wrap=True, markup=False)


def _print_calendar(days: list[DayState], months: int) -> None:
    if days:
        out.print(legend())
        for line in calendar(days, months=months):
            out.print(line, soft_wrap=True)


def _reports(connection: duckdb.DuckDBPyConnection) -> Table:
    table = Table(title="Reports and directories", title_justify="left", box=SIMPLE)
    for name in ("endpoint", "first day", "last day", "windows", "records", "last read (UTC)"):
        is_number = name in ("windows", "records")
        table.add_column(name, justify="right" if is_number else "left", no_wrap=True)
    for source, endpoint, first, last, windows, records, read_at in _endpoints(connection):
        shown = ", ".join(f"{count} {status}" for status, count in sorted(windows.items()))
        row = (f"{source} {endpoint}", first, last, shown, records, read_at)
        table.add_row(*(_text(value) for value in row))
    return table


def _endpoints(connection: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    """Return each endpoint with its first and last day, windows by state, records and last read."""
    # Repositories have a table of their own: they have no days.
    return connection.execute(
        f"""
        select
            source, endpoint, min(window_start), max(last_start),
            map(list(status order by status), list(windows order by status)),
            sum(records)::bigint, max(last_fetched_at),
        from (
            select
                source, endpoint, status, count(*) as windows, sum(record_count) as records,
                min(window_start) as window_start, max(window_start) as last_start,
                max(last_fetched_at) as last_fetched_at,
            from {ALL_WINDOWS}
            where (source, endpoint) not in (('github', 'pull_requests'), ('github', 'commits'))
            group by source, endpoint, status
        )
        group by source, endpoint order by source, endpoint
        """
    ).fetchall()


@dataclass(frozen=True)
class Synced:
    """How far a repository was read: from ``since`` up to ``as_of``, both UTC.

    Null is what was never read to its end. ``state`` is `complete`, `failed` (the last try of
    something did), or `not listed` (any more).
    """

    repository: str
    since: datetime | None
    as_of: datetime | None
    pull_requests: int
    commits: int
    state: str


def repositories(connection: duckdb.DuckDBPyConnection) -> list[Synced]:
    """Return how far each repository was read, those that failed first, then by name.

    What did not change since it was read is not read again, and is as of the last look at all.
    """
    rows = connection.execute(
        f"""
        with listed as (
            select max(last_fetched_at) as listed_at from {github.COMMITS.kept(LEDGER_TABLE)}
            where endpoint = 'repositories' and window_key = 'current' and status = 'complete'
        ),

        read as (
            select
                window_key::bigint as repository_id,
                -- Both kinds are there from the later one on, and up to the earlier one.
                case when count(*) filter (status = 'complete') = 2
                    then max(window_start) end as since,
                bool_or(status <> 'complete' or error is not null) as is_failed,
                min(case
                    when status <> 'complete' then null
                    when error is null then greatest(last_fetched_at, listed_at)
                    else last_fetched_at
                end) as as_of,
                min(last_fetched_at) as last_read_at,
                count(*) filter (status = 'complete') as complete_count,
            from {github.COMMITS.kept(LEDGER_TABLE)}, listed
            where endpoint in ('pull_requests', 'commits')
            group by window_key
        ),

        pull_requests as (
            select repository_id, count(*) as n
            from {github.PULL_REQUESTS.qualified_name} group by all
        ),

        commits as (
            select repository_id, count(*) as n
            from {github.COMMITS.qualified_name}
            where left_default_branch_at is null group by all
        )

        select
            coalesce(repository, 'repository ' || repository_id), since,
            case
                when complete_count < 2 then null
                when coalesce(is_active, false) then as_of
                else last_read_at
            end,
            coalesce(pull_requests.n, 0), coalesce(commits.n, 0),
            case
                when not coalesce(is_active, true) then 'not listed'
                when is_failed or complete_count < 2 then 'failed'
                else 'complete'
            end as state,
        from read
        left join {github.REPOSITORIES.qualified_name} as repositories using (repository_id)
        left join pull_requests using (repository_id)
        left join commits using (repository_id)
        order by state <> 'failed', 1
        """
    ).fetchall()
    return [Synced(*row) for row in rows]


def _repository_table(synced: list[Synced]) -> Table:
    table = Table(title="GitHub repositories", title_justify="left", box=SIMPLE)
    table.add_column("repository", overflow="fold")
    for name in ("from (UTC)", "read up to (UTC)"):
        table.add_column(name, no_wrap=True)
    for name in ("pull requests", "commits"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("state", no_wrap=True)
    for one in synced[:MOST_REPOSITORIES]:
        values = (one.repository, one.since, one.as_of, one.pull_requests, one.commits, one.state)
        table.add_row(*(escape(_text(value)) for value in values))
    return table


def _others(synced: list[Synced]) -> list[str]:
    others = synced[MOST_REPOSITORIES:]
    if not others:
        return []
    states = Counter(one.state for one in others)
    counted = ", ".join(f"{count:,} {state}" for state, count in states.items())
    pull_requests = sum(one.pull_requests for one in others)
    commits = sum(one.commits for one in others)
    return [
        f"and {len(others):,} repositories more ({counted}) with {pull_requests:,} pull requests"
        f" and {commits:,} commits"
    ]


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
    return [
        f"last try failed ({count} windows): {error}"
        for error, count in _failed_windows(connection)
    ]


def _failed_windows(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, int]]:
    return connection.execute(
        f"""
        select error, count(*) from {ALL_WINDOWS}
        where error is not null group by error order by error
        """
    ).fetchall()


def _published(settings: Settings) -> str:
    path = settings.publish_path
    if not path.exists():
        return f"Nothing is published yet at {path}."
    return f"Published: {path}, {_published_at(settings):%Y-%m-%d %H:%M} UTC."


def _published_at(settings: Settings) -> datetime:
    return datetime.fromtimestamp(settings.publish_path.stat().st_mtime, UTC)
