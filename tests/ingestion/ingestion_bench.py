"""Loads against a demo server, and looks at what they left in the warehouse."""

from __future__ import annotations

import functools
import itertools
import json
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from demo_api import DemoServer, Fault
from ingestion import warehouse
from ingestion.anthropic.endpoints import DIRECTORIES, REPORTS
from ingestion.anthropic.load import load_anthropic
from ingestion.github.load import load_github
from ingestion.http import RetryPolicy
from ingestion.loading import LoadReport
from ingestion.raw import RawTable
from ingestion.settings import Settings
from ingestion.sources import SOURCES

CLAUDE_CODE, MESSAGES, COST = "usage_report_claude_code", "usage_report_messages", "cost_report"
TABLES = tuple(table for source in SOURCES for table in source.tables)
REPORT_TABLES, DIRECTORY_TABLES = (
    tuple(one.table for one in some) for some in (REPORTS, DIRECTORIES)
)
CONSOLE_REPORTS, ENTERPRISE_REPORTS, CONSOLE_DIRECTORIES, ENTERPRISE_DIRECTORIES = (
    tuple(one.table for one in some if one.organization == kind)
    for some in (REPORTS, DIRECTORIES)
    for kind in ("console", "enterprise")
)
DAYS = (date(2026, 10, 20), date(2026, 10, 21), date(2026, 10, 22))
EMPTY_DAY = date(2026, 9, 27)
# Tests need not wait for a limit that only one of them is about.
NO_BOUND = 1_000_000
QUICK = RetryPolicy(attempts=4, first_wait=0.01, longest_wait=0.02)
# Where a body has its records; everywhere else it is a page of `data`.
_RECORDS = {
    MESSAGES: "json_extract(body, '$.results[*]')",
    COST: "json_extract(body, '$.results[*]')",
    "enterprise_summaries": "[body::json]",
}
# What may differ between two loads of the same world: when, in which run and request.
_CHANGING = {
    *("request_id", "fetched_at", "run_id", "first_fetched_at", "last_fetched_at"),
    *("valid_from", "valid_to", "read_at", "revised_at", "revision_count"),
    *("first_complete_at", "first_failed_at", "last_failed_at", "noted_at"),
}
# A repository's window ends when it is read; how many pages that took is no matter, and commits
# that left the branch are kept and counted.
_CHANGING_OF_GITHUB = {"window_end", "page_count", "record_count", "byte_count"}
# What was, and is no longer.
_NOW = {"commits": "left_default_branch_at is null", "entity_versions": "valid_to is null"}


class Counted(NamedTuple):
    """The ledger's row of one window."""

    status: str
    page_count: int | None
    record_count: int | None
    byte_count: int | None
    window_start: datetime | None
    window_end: datetime | None
    first_fetched_at: datetime | None
    last_fetched_at: datetime | None
    run_id: str | None
    high_water_mark: str | None
    error: str | None
    first_complete_at: datetime | None
    revised_at: datetime | None
    revision_count: int | None


@functools.cache
def _empty_warehouse() -> Path:
    """Return a warehouse with all raw tables and no row: to make them takes as long as a load."""
    path = Path(tempfile.mkdtemp(prefix="empty-")) / "warehouse.duckdb"
    with warehouse.prepared(path):
        pass
    return path


@dataclass
class Bench:
    """A server, settings that point at it, and a warehouse of the test's own."""

    server: DemoServer
    settings: Settings
    _runs: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _open: list[duckdb.DuckDBPyConnection] = field(default_factory=list)
    _closing: ExitStack = field(default_factory=ExitStack)

    def load(
        self,
        days: Sequence[date] = DAYS,
        tables: Sequence[str] = (CLAUDE_CODE,),
        *,
        directories: bool | Collection[RawTable] = False,
        settings: Settings | None = None,
        retry: RetryPolicy = QUICK,
        now: Callable[[], float] = time.time,
        run_id: str | None = None,
        **options: Any,
    ) -> LoadReport:
        self._ready()
        report = load_anthropic(
            settings or self.settings,
            run_id=run_id or f"run-{next(self._runs)}",
            report_days=dict.fromkeys(tables, days),
            directories=directories,
            retry=retry,
            now=now,
            **{"enterprise_requests_a_minute": NO_BOUND, **options},
        )
        self.assert_discreet(report)
        return report

    def github(
        self,
        start: date = date(2026, 8, 1),
        *,
        settings: Settings | None = None,
        retry: RetryPolicy = QUICK,
    ) -> LoadReport:
        self._ready()
        report = load_github(
            settings or self.settings, run_id=f"run-{next(self._runs)}", start=start, retry=retry
        )
        self.assert_discreet(report)
        return report

    def assert_discreet(self, report: LoadReport) -> None:
        """No failure, in the report or in the ledger, shows a key or a mail address."""
        texts = [failure.error for failure in report.failures]
        texts += [str(one) for one in (*report.not_offered, *report.not_ready)]
        for source in ("anthropic", "github"):
            found = self.rows(
                f"select error from raw_{source}.completeness_ledger where error is not null"
            )
            texts += [text for (text,) in found]
        for text in texts:
            assert_without_secrets(text, self.server)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._reader().execute(query, list(values)).fetchall()

    def _reader(self) -> duckdb.DuckDBPyConnection:
        # Kept between looks, as opening the file takes longer than any of them.
        if not self._open:
            self._open.append(self._closing.enter_context(self.opened()))
        return self._open[0]

    def opened(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        return warehouse.connect(self.settings.warehouse_path)

    def _ready(self) -> None:
        self.close()
        if not self.settings.warehouse_path.exists():
            shutil.copy(_empty_warehouse(), self.settings.warehouse_path)

    def close(self) -> None:
        """Leave the warehouse to others."""
        self._open.clear()
        self._closing.close()

    def pages(self, table: str = CLAUDE_CODE) -> list[tuple[Any, ...]]:
        """Return (window_key, page_number, is_last_page, record_count), in order."""
        return self.rows(
            "select window_key, page_number, is_last_page, sum(record_count)::bigint"
            f" from raw_anthropic.{table} group by all order by all"
        )

    def bodies(self, table: str = CLAUDE_CODE, window_key: str | None = None) -> list[str]:
        """Return the texts of pages, in order; of records apart, `{"data":[all of them]}`."""
        found = self.rows(
            f"select list(body order by records_before) from raw_anthropic.{table}"
            " where window_key = coalesce(?, window_key)"
            " group by window_key, page_number order by window_key, page_number",
            window_key,
        )
        return [
            pieces[0] if len(pieces) == 1 else ENVELOPE % ",".join(map(records_of, pieces))
            for (pieces,) in found
        ]

    def ledger(self, endpoint: str = CLAUDE_CODE, source: str = "anthropic") -> dict[str, Counted]:
        found = self.rows(
            f"select window_key, {', '.join(Counted._fields)}"
            f" from raw_{source}.completeness_ledger where endpoint = ? order by all",
            endpoint,
        )
        assert len({row[0] for row in found}) == len(found)
        return {row[0]: Counted(*row[1:]) for row in found}

    def statuses(self, endpoint: str = CLAUDE_CODE, source: str = "anthropic") -> dict[str, str]:
        return {key: one.status for key, one in self.ledger(endpoint, source).items()}

    def revisions(self, table: str) -> list[tuple[Any, ...]]:
        """Return (window_key, change, record, record_count) of a table's revisions, in order."""
        return self.rows(
            "select window_key, change, record, record_count from raw_anthropic.record_revisions"
            " where endpoint = ? order by revised_at, window_key, change, record",
            table,
        )

    def reading(self, table: str, window_key: str) -> Counter[str]:
        """Return what is stored of a day, as a set of records with multiplicity."""
        records = _RECORDS.get(table, "json_extract(body, '$.data[*]')")
        query = f"select unnest({records})::varchar from raw_anthropic.{table} where window_key = ?"
        return Counter(record for (record,) in self.rows(query, window_key))

    def rebuilt(self, table: str, at: datetime, window_key: str) -> Counter[str]:
        """Return what was stored of a day at a past time, from what is now and its revisions."""
        past = self.reading(table, window_key)
        for change, record, count in self.rows(
            "select change, record, record_count from raw_anthropic.record_revisions"
            " where endpoint = ? and window_key = ? and revised_at > ?",
            table,
            window_key,
            at,
        ):
            past[record] += count if change == "removed" else -count
        assert all(count >= 0 for count in past.values())
        return +past

    def versions(self, directory: str) -> list[tuple[Any, ...]]:
        """Return (scope, entity_id, body, valid_from, valid_to) of a directory, oldest first."""
        return self.rows(
            "select scope, entity_id, body, valid_from, valid_to from raw_anthropic.entity_versions"
            " where directory = ? order by scope, entity_id, valid_from",
            directory,
        )

    def snapshot(self, *sources: str) -> dict[str, list[tuple[Any, ...]]]:
        """Return all raw rows and ledger rows of the sources, but for times, runs and requests.

        What is known of the past is left out: revisions, and entities that are gone.
        """
        return snapshot(self._reader(), *sources)

    def asked(self, path_contains: str = "") -> list[str]:
        """Return the queries of all requests whose path contains the text."""
        return [one.query for one in self.server.requests if path_contains in one.path]


# What may differ between two loads of the same world, of tables that are not pages.
def snapshot(
    connection: duckdb.DuckDBPyConnection, *sources: str
) -> dict[str, list[tuple[Any, ...]]]:
    found: dict[str, list[tuple[Any, ...]]] = {}
    for source in sources:
        tables = connection.execute(
            "select table_name from duckdb_tables() where schema_name = ?"
            " and not starts_with(table_name, '_dlt') and table_name <> 'record_revisions'",
            [f"raw_{source}"],
        ).fetchall()
        for (table,) in tables:
            changing = set(_CHANGING)
            if table == "completeness_ledger" and source == "github":
                changing |= _CHANGING_OF_GITHUB
            if table == "entity_versions":
                # As first read: what does not make a version may have moved since.
                changing.add("body")
            described = connection.execute(f"describe raw_{source}.{table}").fetchall()
            columns = [name for name, *_ in described if name not in changing]
            found[f"{source}.{table}"] = connection.execute(
                f"select {', '.join(columns)} from raw_{source}.{table}"
                f" where {_NOW.get(table, 'true')} order by all"
            ).fetchall()
    return found


ENVELOPE = '{"data":[%s]}'


def records_of(piece: str) -> str:
    """Return the text between the brackets of a piece."""
    start, end = ENVELOPE.split("%s")
    assert piece.startswith(start)
    assert piece.endswith(end)
    return piece[len(start) : -len(end)]


def assert_without_secrets(text: str, server: DemoServer) -> None:
    keys = (server.admin_key, server.enterprise_key, server.github_token)
    for secret in (*keys, "sk-ant-", "@"):
        assert secret not in text


def assert_names(text: str, *parts: str) -> None:
    """An error says where and what: each of ``parts`` is in its one line."""
    assert "\n" not in text
    for part in parts:
        assert part in text, (part, text)


def seconds(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> float:
    """Return an instant of UTC as seconds of the epoch."""
    return datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp()


@dataclass
class QueryFault(Fault):
    """A fault of one query of one repository, or of one page size."""

    query: str = ""
    repository: str = ""
    page_size: int | None = None

    def matches(self, method: str, path: str, query: str, body: str) -> bool:
        if "graphql" not in path or not super().matches(method, path, query, body):
            return False
        call = json.loads(body)
        variables = call["variables"]
        return (
            f"query {self.query}(" in call["query"]
            and self.repository in ("", variables.get("name"))
            and self.page_size in (None, variables.get("pageSize"))
        )


def pulls(name: str, kind: str, **options: Any) -> Fault:
    return QueryFault(kind, query="PullRequests", repository=name, **options)


def history(name: str, kind: str, **options: Any) -> Fault:
    return QueryFault(kind, query="DefaultBranchCommits", repository=name, **options)


def repository_id(bench: Bench, name: str) -> str:
    return str(bench.server.github.named(f"larkfield/{name}").database_id)
