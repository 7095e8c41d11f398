"""What could not be read whole of a repository: kept, shown, and tried again by each run.

A pull request that is never answered, or a commit whose lines GitHub cannot count, must cost
neither its repository nor its own other fields; and as syncs read what is new alone, what is
missing would be missing for ever if it were not kept here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from ingestion.github import tables
from ingestion.github.queries import EVERYTHING
from ingestion.raw import LEDGER_TABLE, UNREAD_ITEMS_TABLE, RawTable

_TABLE = tables.COMMITS.kept(UNREAD_ITEMS_TABLE)
_LEDGER = tables.COMMITS.kept(LEDGER_TABLE)
_LONGEST_LIST = 5


@dataclass(frozen=True)
class Unread:
    """An item, by its number or sha, the parts of it that are missing, and why."""

    item_key: int | str
    missing: frozenset[str]
    problem: str

    @property
    def is_lost(self) -> bool:
        """Say whether nothing of it is stored."""
        return EVERYTHING in self.missing

    def __str__(self) -> str:
        what = "not at all" if self.is_lost else f"without {', '.join(sorted(self.missing))}"
        return f"{self.item_key} ({what})"


@dataclass(frozen=True)
class Change:
    """What a sync found of a repository: what is unread, and what is settled, by key.

    ``is_all`` says that everything was read again, so that what is not found is settled, too.
    """

    repository_id: int
    repository: str
    unread: Collection[Unread]
    settled: Collection[int | str]
    is_all: bool = False


def unread_items(
    connection: duckdb.DuckDBPyConnection, table: RawTable
) -> dict[int, dict[str, Unread]]:
    """Return what is unread by repository and key, what was tried longest ago first."""
    rows = connection.execute(
        "select window_key::bigint, item_key, missing, problem"
        f" from {_TABLE} where endpoint = ? order by last_failed_at, window_key, item_key",
        [table.name],
    ).fetchall()
    found: dict[int, dict[str, Unread]] = {}
    for repository_id, key, missing, problem in rows:
        found.setdefault(repository_id, {})[key] = Unread(key, frozenset(missing), problem)
    return found


def note_unread(
    connection: duckdb.DuckDBPyConnection,
    table: RawTable,
    changes: Sequence[Change],
    *,
    run_id: str,
) -> list[str]:
    """Keep what is unread now, drop what is settled, and say so in the ledger.

    Called when the ledger has the repositories of ``changes`` as complete: one of which an item is
    missing altogether is `partial`. Returns a line for each repository that is not whole.
    """
    for change in changes:
        _keep(connection, table, change, run_id)
    unread = unread_items(connection, table)
    lines = []
    for change in changes:
        items = list(unread.get(change.repository_id, {}).values())
        if items:
            lines.append(_line(table, change.repository, items))
            connection.execute(
                f"update {_LEDGER} set error = $error, status = $status"
                " where endpoint = $endpoint and window_key = $window_key",
                {
                    "error": lines[-1],
                    "status": "partial" if any(one.is_lost for one in items) else "complete",
                    "endpoint": table.name,
                    "window_key": str(change.repository_id),
                },
            )
    return lines


def _keep(
    connection: duckdb.DuckDBPyConnection, table: RawTable, change: Change, run_id: str
) -> None:
    window = {"endpoint": table.name, "window_key": str(change.repository_id)}
    is_window = "endpoint = $endpoint and window_key = $window_key"
    first_failed_at = dict(
        connection.execute(
            f"select item_key, first_failed_at from {_TABLE} where {is_window}", window
        ).fetchall()
    )
    found = {str(one.item_key): one for one in change.unread}
    over = list(first_failed_at) if change.is_all else [*map(str, change.settled), *found]
    connection.execute(
        f"delete from {_TABLE} where {is_window} and list_contains($keys, item_key)",
        {**window, "keys": over},
    )
    now = datetime.now(UTC)
    for key, one in found.items():
        row = {
            **window,
            "item_key": key,
            "missing": sorted(one.missing),
            "problem": one.problem,
            "first_failed_at": first_failed_at.get(key, now),
            "last_failed_at": now,
            "run_id": run_id,
        }
        connection.execute(
            f"insert into {_TABLE} ({', '.join(row)}) values ({', '.join(f'${k}' for k in row)})",
            row,
        )


def _line(table: RawTable, repository: str, items: Sequence[Unread]) -> str:
    shown = ", ".join(str(one) for one in items[:_LONGEST_LIST])
    others = f" and {len(items) - _LONGEST_LIST} more" if len(items) > _LONGEST_LIST else ""
    return (
        f"{table.name} [{repository}]: {len(items)} could not be read whole, and each run tries"
        f" again: {shown}{others}. GitHub said: {items[0].problem}"
    )
