"""Load Arrow tables into the raw schemas through dlt, then bring the ledger in line."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Generic, TypeVar

import dlt
import duckdb
import pyarrow as pa
from dlt.destinations import filesystem
from dlt.extract import DltResource

from ingestion import ledger, revisions, warehouse
from ingestion.duplicates import landed_once, stored_once
from ingestion.errors import Unreachable
from ingestion.forgetting.tables import as_known
from ingestion.ledger import WindowFailure, WindowNotReady
from ingestion.raw import RawTable
from ingestion.sources import source_of

log = logging.getLogger(__name__)

Value = TypeVar("Value")

# DuckDB writes to disk what is more: else it keeps a transaction's rows, the revisions of a year
# that is read again above all.
MEMORY = "200MB"

# The folder of a run's Parquet files, one for each table.
LANDING = "landing"


@dataclass(frozen=True)
class TableLoad:
    """What one run read for one raw table."""

    windows: int = 0
    pages: int = 0
    records: int = 0
    bytes: int = 0

    def plus(self, *, windows: int, pages: int, records: int, bytes: int) -> TableLoad:
        return TableLoad(
            self.windows + windows, self.pages + pages, self.records + records, self.bytes + bytes
        )


@dataclass(frozen=True)
class NotOffered:
    """An endpoint, or some days of it, that this organisation or key does not have: no failure."""

    endpoint: str
    reason: str

    def __str__(self) -> str:
        return f"{self.endpoint}: not offered: {self.reason}"


@dataclass
class LoadReport:
    """What a load stored, by raw table name, what it could not, and what there is not (yet)."""

    source: str
    run_id: str
    # The days each report was asked for, of those it could be.
    asked: dict[str, list[date]] = field(default_factory=dict)
    loaded: dict[str, TableLoad] = field(default_factory=dict)
    failures: list[WindowFailure] = field(default_factory=list)
    not_offered: list[NotOffered] = field(default_factory=list)
    not_ready: list[WindowNotReady] = field(default_factory=list)
    # What is stored, and not as it should be: a line each, by raw table name.
    warnings: dict[str, list[str]] = field(default_factory=dict)
    request_count: int = 0

    def add(
        self, table: RawTable, *, windows: int = 0, pages: int = 0, records: int = 0, bytes: int = 0
    ) -> None:
        before = self.loaded.get(table.name, TableLoad())
        self.loaded[table.name] = before.plus(
            windows=windows, pages=pages, records=records, bytes=bytes
        )

    def fail(self, table: RawTable, window_key: str, error: Exception, hint: str = "") -> None:
        """Note why a window is not stored; ``hint`` is a sentence on what to do about it."""
        message, is_of_host = f"{error} {hint}".rstrip(), isinstance(error, Unreachable)
        self.failures.append(
            WindowFailure(self.source, table.name, window_key, message, is_of_host)
        )

    def warn(self, table: RawTable, line: str) -> None:
        lines = self.warnings.setdefault(table.name, [])
        # What is stored is stored a second time where memory did not suffice.
        if line not in lines:
            log.warning("%s", line)
            lines.append(line)

    def lack(self, table: RawTable, reason: str) -> None:
        self.not_offered.append(NotOffered(table.name, reason))

    def not_ready_yet(self, table: RawTable, window_key: str) -> None:
        self.not_ready.append(WindowNotReady(self.source, table.name, window_key))

    def failed_tables(self) -> set[str]:
        return {failure.endpoint for failure in self.failures}


def landing_resource(table: RawTable, rows: AsyncIterator[pa.Table]) -> DltResource:
    """Wrap an async generator of Arrow tables as the dlt resource of ``table``."""
    resource: DltResource = dlt.resource(  # type: ignore[call-overload]
        _one_ahead(rows),
        name=table.name,
        write_disposition="replace",
        max_table_nesting=0,
    )
    return resource


async def _one_ahead(tables: AsyncIterator[pa.Table]) -> AsyncIterator[pa.Table]:
    """Read the next table while dlt, in a thread of its own, writes the last."""
    following = asyncio.ensure_future(anext(tables, None))
    while (table := await following) is not None:
        following = asyncio.ensure_future(anext(tables, None))
        yield table


def load(
    report: LoadReport,
    resources: Iterable[DltResource],
    path: Path,
    settle: Callable[[duckdb.DuckDBPyConnection], None],
) -> None:
    """Run ``resources`` into files, then take their rows over and settle the ledger.

    Rows of a key that comes again replace all rows stored under it, and no key has two rows; what
    a report's complete windows lose or gain by that is kept as revisions. That, ``settle`` and the
    failures are one transaction: a crash leaves rows and ledger as they were, or both as they are
    to be. dlt keeps no state between runs; what a crash left half done is read again.
    """
    # Before hours of reading: is the warehouse there to be written?
    with warehouse.connect(path) as connection:
        warehouse.prepare(connection)
    with tempfile.TemporaryDirectory(prefix="claude-usage-") as folder:
        landed = _land(resources, Path(folder))
        try:
            _store(report, landed, path, settle, memory=MEMORY)
        except duckdb.Error as error:
            if "memory_limit" not in str(error):
                raise
            # Rows of many megabytes are held whole, and must be held.
            log.info("storing again with all the memory there is: %s", str(error).splitlines()[0])
            _store(report, landed, path, settle, memory=None)


def _store(
    report: LoadReport,
    landed: Mapping[str, list[str]],
    path: Path,
    settle: Callable[[duckdb.DuckDBPyConnection], None],
    *,
    memory: str | None,
) -> None:
    with warehouse.connect(path) as connection:
        # Pages are few rows, and DuckDB reckons by rows whether a commit is worth a checkpoint:
        # it would write them to its log first, and then again.
        connection.execute("set checkpoint_threshold = '1KB'")
        # Threads add memory here and no speed.
        connection.execute("set threads = 1")
        if memory:
            connection.execute(f"set memory_limit = '{memory}'")
        # DuckDB chooses by lengths what is three times the room and the time for JSON.
        connection.execute("set force_compression = 'zstd'")
        connection.execute("begin")
        _take_over(connection, landed, report)
        settle(connection)
        ledger.note_not_ready(connection, report.not_ready, run_id=report.run_id)
        ledger.note_failures(connection, report.failures, run_id=report.run_id)
        connection.execute("commit")


def _land(resources: Iterable[DltResource], folder: Path) -> dict[str, list[str]]:
    """Have dlt write ``resources`` as Parquet below ``folder``; return the files by table name."""
    dlt.config["runtime.log_level"] = "ERROR"
    dlt.config["restore_from_destination"] = False
    # A table is written as it comes. As a rule dlt holds 5,000 rows back, and a row here is a page.
    dlt.config["data_writer.buffer_max_items"] = 1
    # A sixth of the size, for hardly any time.
    dlt.config["data_writer.compression"] = "lz4"
    pipeline = dlt.pipeline(
        pipeline_name="claude_usage",
        destination=filesystem(bucket_url=folder.as_uri()),
        dataset_name=LANDING,
        pipelines_dir=str(folder / "dlt"),
    )
    wanted = list(resources)
    # dlt refuses to run nothing.
    if wanted:
        pipeline.run(wanted, loader_file_format="parquet").raise_on_failed_jobs()
    landing = folder / LANDING
    return {one.name: sorted(map(str, landing.glob(f"{one.name}/*.parquet"))) for one in wanted}


def _take_over(
    connection: duckdb.DuckDBPyConnection, landed: Mapping[str, list[str]], report: LoadReport
) -> None:
    """Replace, in each raw table, the rows of the keys that have landed."""
    source = source_of(report.source)
    reports = [one.table for one in source.reports]
    once: dict[str, str] = {}
    for table in source.tables:
        # Rows of pages are replaced by window, so that none can be left beside another.
        if table.merge_key == table.row_key:
            _warn(report, table, stored_once(connection, table, run_id=report.run_id))
        if files := landed.get(table.name):
            once[table.name] = f"once_{table.name}"
            warning = landed_once(connection, table, files, once[table.name], run_id=report.run_id)
            _warn(report, table, warning)
    queries = as_known(connection, once)
    for table in source.tables:
        if table.name in once:
            fresh = f"landed_{table.name}"
            connection.execute(f"create temp view {fresh} as {queries[table.name]}")
            if table in reports:
                revisions.note_revisions(connection, table, fresh, run_id=report.run_id)
            same_key = " and ".join(f"stored.{key} = fresh.{key}" for key in table.merge_key)
            connection.execute(
                f"delete from {table.qualified_name} as stored"
                f" where exists (select 1 from {fresh} as fresh where {same_key})"
            )
            columns = ", ".join(table.schema.names)
            connection.execute(
                f"insert into {table.qualified_name} ({columns}) select {columns} from {fresh}"
            )


def _warn(report: LoadReport, table: RawTable, line: str | None) -> None:
    if line is not None:
        report.warn(table, line)


class Once(Generic[Value]):
    """An async value that several resources need and that is worked out once.

    An error is kept too: each user of the value gets it.
    """

    def __init__(self, work: Callable[[], Coroutine[object, object, Value]]) -> None:
        self._work = work
        self._task: asyncio.Task[Value] | None = None

    async def get(self) -> Value:
        if self._task is None:
            self._task = asyncio.create_task(self._work())
        return await asyncio.shield(self._task)
