"""Load the exports that have not been read as they are now."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb
import pyarrow as pa

from ingestion import ledger, warehouse
from ingestion.loading import LoadReport, landing_resource, load
from ingestion.local.access import check_settings
from ingestion.local.files import ExportFile, ExportUnreadable, export_files, read_export
from ingestion.local.merging import changed_rows
from ingestion.local.rows import Taken, prepare, take
from ingestion.local.tables import EXPORT_FILES, EXPORT_FILES_TABLE, RESPONSES, SOURCE, TABLES
from ingestion.raw import LEDGER_TABLE, RawTable
from ingestion.settings import Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Read:
    file: ExportFile
    taken: Taken


def load_local(settings: Settings, *, run_id: str) -> LoadReport:
    """Read and store what machines have exported; return what was stored and what failed.

    Nothing that is stored is lowered or deleted, whatever comes and in whatever order. A file that
    is torn fails alone and is tried again by each load; lines that are none of an export are
    left out, and said.

    Raises:
        ConfigurationError: no folder of exports is set, or it is not there.
    """
    check_settings(settings)
    assert settings.local_exports_path is not None
    report, now = LoadReport(SOURCE, run_id), datetime.now(UTC)
    with warehouse.connect(settings.warehouse_path) as connection:
        warehouse.prepare(connection)
        prepare(connection)
        known = {
            key: (size, modified)
            for key, size, modified in connection.execute(
                f"select file_key, byte_count, modified_ns from {EXPORT_FILES_TABLE}"
            ).fetchall()
        }
        there = export_files(settings.local_exports_path)
        news = [one for one in there if known.get(one.key) != (one.size, one.modified_ns)]
        read = _read(connection, news, report)
        rows = {
            table: changed_rows(connection, table, fetched_at=now, run_id=run_id)
            for table in TABLES
        }
    for table in TABLES:
        report.add(table, windows=len(read), records=rows[table].num_rows, bytes=rows[table].nbytes)
    resources = [
        landing_resource(table, _landed(rows[table])) for table in TABLES if rows[table].num_rows
    ]

    def settle(connection: duckdb.DuckDBPyConnection) -> None:
        _note_files(connection, read, now, run_id)
        ledger.forget_failures(connection, RESPONSES)
        for table in TABLES:
            _settle(connection, table)
        _settle_files(connection, read, now, run_id)

    load(report, resources, settings.warehouse_path, settle)
    return report


async def _landed(rows: pa.Table) -> AsyncIterator[pa.Table]:
    yield rows


def _read(
    connection: duckdb.DuckDBPyConnection, news: list[ExportFile], report: LoadReport
) -> list[_Read]:
    read = []
    for one in news:
        try:
            taken = take(connection, read_export(one.path))
        except ExportUnreadable as error:
            report.fail(RESPONSES, f"file {one.key}", error, _advice(one))
            log.error("responses [file %s]: %s", one.key, error)
            continue
        if taken.rejected:
            report.warn(
                RESPONSES,
                f"responses: {taken.rejected:,} of {taken.lines:,} lines of an export are not of"
                f" its format and were left out. See {EXPORT_FILES_TABLE}, file_key {one.key}",
            )
        read.append(_Read(one, taken))
    if news:
        log.info("responses: %d new exports read, %d failed", len(read), len(news) - len(read))
    return read


def _advice(file: ExportFile) -> str:
    return (
        f"Of the exports it is the one of {file.size:,} bytes from"
        f" {datetime.fromtimestamp(file.modified_ns / 1e9, UTC):%Y-%m-%d %H:%M:%S} UTC: have its"
        " machine export again with --all."
    )


def _note_files(
    connection: duckdb.DuckDBPyConnection, read: list[_Read], now: datetime, run_id: str
) -> None:
    for one in read:
        connection.execute(f"delete from {EXPORT_FILES_TABLE} where file_key = ?", [one.file.key])
        connection.execute(
            f"insert into {EXPORT_FILES_TABLE} values (?, ?, ?, ?, ?, ?, ?)",
            [
                *(one.file.key, one.file.size, one.file.modified_ns),
                *(one.taken.lines, one.taken.rejected, now, run_id),
            ],
        )


def _settle(connection: duckdb.DuckDBPyConnection, table: RawTable) -> None:
    """Write the ledger: a row for each machine, derived from what is stored of it."""
    kept = table.kept(LEDGER_TABLE)
    ledger_name = kept.split(".")[-1]
    day = "cast(first_at as date)" if table is RESPONSES else "usage_date"
    connection.execute(
        f"""
        create or replace temp table settled as
        select
            '{table.source}' as source,
            '{table.name}' as endpoint,
            machine_key as window_key,
            min({day})::timestamptz as window_start,
            (max({day}) + 1)::timestamptz as window_end,
            'complete' as status,
            1 as page_count,
            count(*) as record_count,
            0 as byte_count,
            min(fetched_at) as fetched_first_at,
            max(fetched_at) as last_fetched_at,
            '1' as api_version,
            max_by(run_id, fetched_at) as run_id
        from {table.qualified_name}
        group by machine_key
        """
    )
    connection.execute(
        f"""
        create or replace temp table noted as
        select
            settled.* exclude (fetched_first_at),
            coalesce(known.first_fetched_at, settled.fetched_first_at) as first_fetched_at,
            coalesce(known.first_complete_at, settled.fetched_first_at) as first_complete_at
        from settled
        left join {kept} as known
            on settled.endpoint = known.endpoint and settled.window_key = known.window_key
        where known.window_key is null
            or known.last_fetched_at is distinct from settled.last_fetched_at
            or known.record_count is distinct from settled.record_count;

        delete from {kept} using noted
        where {ledger_name}.endpoint = noted.endpoint
            and {ledger_name}.window_key = noted.window_key;

        insert into {kept} by name from noted
        """
    )


def _settle_files(
    connection: duckdb.DuckDBPyConnection, read: list[_Read], now: datetime, run_id: str
) -> None:
    """Write the ledger's one row of all files: they are many, and each is read once."""
    if not read:
        return
    ledger_table = RESPONSES.kept(LEDGER_TABLE)
    endpoint = EXPORT_FILES.name
    (first,) = connection.execute(
        f"select min(first_fetched_at) from {ledger_table} where endpoint = ?", [endpoint]
    ).fetchone() or (None,)
    connection.execute(f"delete from {ledger_table} where endpoint = ?", [endpoint])
    connection.execute(
        f"""
        insert into {ledger_table} by name
        select
            '{SOURCE}' as source,
            $endpoint as endpoint,
            'all' as window_key,
            'complete' as status,
            count(*) as page_count,
            sum(line_count)::bigint as record_count,
            sum(byte_count)::bigint as byte_count,
            coalesce($first, $now)::timestamptz as first_fetched_at,
            coalesce($first, $now)::timestamptz as first_complete_at,
            $now::timestamptz as last_fetched_at,
            '1' as api_version,
            $run_id as run_id
        from {EXPORT_FILES_TABLE}
        """,
        {"endpoint": endpoint, "first": first, "now": now, "run_id": run_id},
    )
