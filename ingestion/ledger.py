"""The completeness ledger: one row per source, endpoint and window, derived from what is stored.

A row says `complete` only when all pages of the window are in the raw table and were asked for
after its end and after what the source holds back; `partial` when any was asked for before that, or
when the source says that its figures do not reach to the window's end, or does not have the window
yet (then without pages); `failed` when nothing of the window is stored and the last try failed. A
failed re-read leaves what was complete as it was, with the error beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import duckdb

from ingestion.raw import LEDGER_TABLE, RawTable
from ingestion.secrets import mask
from ingestion.sources import all_windows


@dataclass(frozen=True)
class WindowFailure:
    """A window that was not stored, and why, in one line.

    ``is_of_host``: its host could not be reached, which is true of all that was to be asked there.
    """

    source: str
    endpoint: str
    window_key: str
    error: str
    is_of_host: bool = False

    def __str__(self) -> str:
        return self.error


@dataclass(frozen=True)
class WindowNotReady:
    """A window that its source does not have yet, which is no failure."""

    source: str
    endpoint: str
    window_key: str

    def __str__(self) -> str:
        return f"{self.endpoint} [{self.window_key}]: not ready yet"


@dataclass(frozen=True)
class RepositorySynced:
    """What a finished sync of one repository's endpoint stands for.

    ``window_key`` is the repository's numeric id, which survives renaming, or `current` for the
    list of repositories. ``high_water_mark`` is the default branch's head or the newest pull
    request update loaded.
    """

    endpoint: str
    window_key: str
    window_start: datetime | None
    page_count: int
    high_water_mark: str | None
    fetched_at: datetime


_COLUMNS = (
    "source, endpoint, window_key, window_start, window_end, status, page_count, record_count,"
    " byte_count, first_fetched_at, last_fetched_at, api_version, run_id, high_water_mark, error"
)


def settle_pages(
    connection: duckdb.DuckDBPyConnection,
    table: RawTable,
    *,
    held_back: timedelta = timedelta(0),
    says_how_fresh: bool = False,
) -> None:
    """Bring the ledger rows of ``table`` in line with the pages that are stored in it.

    Counts every window whose last fetch the ledger does not know yet. Called in the transaction
    that brings the pages in.

    Args:
        held_back: how long after its end the source does not show all of a window.
        says_how_fresh: whether pages carry `data_refreshed_at`, which must reach to the end.
    """
    ledger = table.kept(LEDGER_TABLE)
    connection.execute(
        f"""
        create or replace temp table counted as
        with windows as (
            select
                window_key,
                any_value(window_start) as window_start,
                any_value(window_end) as window_end,
                count(distinct page_number) as page_count,
                sum(record_count)::bigint as record_count,
                sum(byte_count)::bigint as byte_count,
                min(fetched_at) as first_fetched_at,
                max(fetched_at) as last_fetched_at,
                any_value(api_version) as api_version,
                any_value(run_id) as run_id,
                bool_or(is_last_page) and max(page_number) = count(distinct page_number)
                    as has_all_pages,
                bool_and(coalesce(data_refreshed_at >= window_end, false)) as is_refreshed,
            from {table.qualified_name}
            group by window_key
        )
        select
            windows.* exclude (first_fetched_at),
            known.revised_at,
            known.revision_count,
            least(windows.first_fetched_at, known.first_fetched_at) as first_fetched_at,
            case
                when not windows.has_all_pages then 'failed'
                when windows.first_fetched_at < windows.window_end + $held_back then 'partial'
                when $says_how_fresh and not windows.is_refreshed then 'partial'
                else 'complete'
            end as counted_status,
            case
                when known.first_complete_at is not null then known.first_complete_at
                when known.status = 'complete' then known.first_fetched_at
                when counted_status = 'complete' then windows.last_fetched_at
            end as first_complete_at,
        from windows
        left join {ledger} as known
            on known.endpoint = $endpoint and known.window_key = windows.window_key
        where known.last_fetched_at is distinct from windows.last_fetched_at
            or known.run_id is distinct from windows.run_id
            or known.status = 'failed'
        """,
        {"held_back": held_back, "says_how_fresh": says_how_fresh, "endpoint": table.name},
    )
    connection.execute(
        f"delete from {ledger} where endpoint = $endpoint"
        " and window_key in (select window_key from counted)",
        {"endpoint": table.name},
    )
    connection.execute(
        f"""
        insert into {ledger} ({_COLUMNS}, revised_at, revision_count, first_complete_at)
        select
            '{table.source}', '{table.name}', window_key, window_start, window_end, counted_status,
            page_count, record_count, byte_count, first_fetched_at, last_fetched_at, api_version,
            run_id, null, null, revised_at, revision_count, first_complete_at,
        from counted
        """
    )


def settle_repositories(
    connection: duckdb.DuckDBPyConnection,
    table: RawTable,
    synced: Sequence[RepositorySynced],
    *,
    api_version: str,
    run_id: str,
) -> None:
    """Write the ledger rows of finished repositories, with what is stored of them counted."""
    ledger = table.kept(LEDGER_TABLE)
    mine = [one for one in synced if one.endpoint == table.name]
    for one in mine:
        key = {"endpoint": table.name, "window_key": one.window_key}
        known = connection.execute(
            f"select min(first_fetched_at) from {ledger}"
            " where endpoint = $endpoint and window_key = $window_key",
            key,
        ).fetchone()
        connection.execute(
            f"delete from {ledger} where endpoint = $endpoint and window_key = $window_key", key
        )
        connection.execute(
            f"""
            insert into {ledger} ({_COLUMNS})
            select
                '{table.source}', $endpoint, $window_key, $window_start, $fetched_at, 'complete',
                $page_count, count(*), coalesce(sum(strlen(body)), 0)::bigint,
                coalesce($first_fetched_at, $fetched_at), $fetched_at, $api_version, $run_id,
                $high_water_mark, null,
            from {table.qualified_name}
            where $window_key in ('current', {table.merge_key[0]}::varchar)
            """,
            {
                **key,
                "window_start": one.window_start,
                "fetched_at": one.fetched_at,
                "page_count": one.page_count,
                "first_fetched_at": known[0] if known else None,
                "api_version": api_version,
                "run_id": run_id,
                "high_water_mark": one.high_water_mark,
            },
        )


def note_failures(
    connection: duckdb.DuckDBPyConnection, failures: Sequence[WindowFailure], *, run_id: str
) -> None:
    """Write down what failed: beside what is stored of the window, or as a `failed` row."""
    for failure in failures:
        ledger = f"raw_{failure.source}.{LEDGER_TABLE}"
        values = {
            "endpoint": failure.endpoint,
            "window_key": failure.window_key,
            # What a server said has been cut; what to do stands at the end.
            "error": mask(failure.error, longest=1_000),
        }
        noted = connection.execute(
            f"update {ledger} set error = $error,"
            " status = if(status = 'partial' and page_count = 0, 'failed', status)"
            " where endpoint = $endpoint and window_key = $window_key returning 1",
            values,
        ).fetchall()
        if not noted:
            day = _as_day(failure.window_key)
            connection.execute(
                f"""
                insert into {ledger} ({_COLUMNS})
                values (
                    '{failure.source}', $endpoint, $window_key, $start, $end, 'failed',
                    null, null, null, null, null, null, $run_id, null, $error
                )
                """,
                {**values, "run_id": run_id, "start": day, "end": day and day + timedelta(days=1)},
            )


def note_not_ready(
    connection: duckdb.DuckDBPyConnection, windows: Sequence[WindowNotReady], *, run_id: str
) -> None:
    """Write down days that their source does not have yet, where nothing is stored of them."""
    for window in windows:
        ledger = f"raw_{window.source}.{LEDGER_TABLE}"
        key = {"endpoint": window.endpoint, "window_key": window.window_key}
        is_this = "endpoint = $endpoint and window_key = $window_key"
        connection.execute(
            f"delete from {ledger} where {is_this} and coalesce(page_count, 0) = 0", key
        )
        day = _as_day(window.window_key)
        connection.execute(
            f"""
            insert into {ledger} ({_COLUMNS})
            select
                '{window.source}', $endpoint, $window_key, $start, $end, 'partial',
                0, 0, 0, null, null, null, $run_id, null, null
            where not exists (select 1 from {ledger} where {is_this})
            """,
            {**key, "run_id": run_id, "start": day, "end": day and day + timedelta(days=1)},
        )


def forget_failures(connection: duckdb.DuckDBPyConnection, table: RawTable) -> None:
    """Drop the `failed` rows of a table whose windows come and go, before this run's are noted.

    A workspace or a repository that is no longer listed is never asked for again.
    """
    connection.execute(
        f"delete from {table.kept(LEDGER_TABLE)} where endpoint = $endpoint and status = 'failed'",
        {"endpoint": table.name},
    )


def forget_made_good(
    connection: duckdb.DuckDBPyConnection, table: RawTable, other: RawTable
) -> None:
    """Drop the `failed` rows of a report's days that ``other``, which tells the same, has whole."""
    ledger = table.kept(LEDGER_TABLE)
    connection.execute(
        f"delete from {ledger} where endpoint = $endpoint and status = 'failed' and window_key in"
        f" (select window_key from {ledger} where endpoint = $other and status = 'complete')",
        {"endpoint": table.name, "other": other.name},
    )


def _as_day(window_key: str) -> datetime | None:
    # Not `fromisoformat`, which takes a repository's id of eight digits for a day.
    try:
        return datetime.strptime(window_key, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None


def days_by_status(connection: duckdb.DuckDBPyConnection, table: RawTable) -> dict[str, set[date]]:
    """Return the days of a report by status; a day whose last re-read failed counts as `failed`."""
    rows = connection.execute(
        "select if(error is null, status, 'failed'), list(window_start)"
        f" from {table.kept(LEDGER_TABLE)}"
        " where endpoint = $endpoint and window_start is not null group by all",
        {"endpoint": table.name},
    ).fetchall()
    return {status: {start.date() for start in starts} for status, starts in rows}


@dataclass(frozen=True)
class StoredDay:
    """What is stored of one day of a report: rows of the raw table, records and bytes in them."""

    rows: int
    records: int
    bytes: int


def stored_days(connection: duckdb.DuckDBPyConnection, table: RawTable) -> dict[date, StoredDay]:
    """Return what is stored of a report by day."""
    rows = connection.execute(
        "select any_value(window_start)::date, count(*), sum(record_count)::bigint,"
        f" sum(byte_count)::bigint from {table.qualified_name}"
        " where window_start is not null group by window_key"
    ).fetchall()
    return {day: StoredDay(*counts) for day, *counts in rows}


def has_complete_windows(connection: duckdb.DuckDBPyConnection) -> bool:
    """Return whether anything at all is completely loaded."""
    row = connection.execute(
        f"select count(*) from ({all_windows()}) where status = 'complete'"
    ).fetchone()
    return row is not None and row[0] > 0


def complete_endpoints(connection: duckdb.DuckDBPyConnection, source: str) -> set[str]:
    """Return the endpoints of a source of which any window is complete."""
    rows = connection.execute(
        f"select distinct endpoint from raw_{source}.{LEDGER_TABLE} where status = 'complete'"
    ).fetchall()
    return {endpoint for (endpoint,) in rows}


def first_day(connection: duckdb.DuckDBPyConnection, source: str) -> date | None:
    """Return the first day ever asked for of a source, or None before the first load."""
    row = connection.execute(
        f"select min(window_start) from raw_{source}.{LEDGER_TABLE}"
    ).fetchone()
    return row[0].date() if row and row[0] else None


@dataclass(frozen=True)
class KnownRepository:
    """Up to where one endpoint of a repository is loaded."""

    window_start: datetime
    high_water_mark: str | None


def known_repositories(
    connection: duckdb.DuckDBPyConnection, table: RawTable
) -> dict[int, KnownRepository]:
    """Return what is loaded to its end of ``table``, by repository id: all, or all but items."""
    rows = connection.execute(
        f"select window_key::bigint, window_start, high_water_mark"
        f" from {table.kept(LEDGER_TABLE)}"
        " where endpoint = $endpoint and status in ('complete', 'partial')"
        " and window_key <> 'current'",
        {"endpoint": table.name},
    ).fetchall()
    return {key: KnownRepository(start, mark) for key, start, mark in rows}
