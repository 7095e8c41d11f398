"""Load what files of telemetry have that is not stored yet. Files may go once they are loaded."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ingestion import warehouse
from ingestion.errors import ConfigurationError
from ingestion.loading import LoadReport, landing_resource, load
from ingestion.raw import LEDGER_TABLE, RawTable
from ingestion.settings import Settings
from ingestion.telemetry import files
from ingestion.telemetry.files import FileCounts
from ingestion.telemetry.projection import Projector
from ingestion.telemetry.tables import EVENTS, FILES, POINTS, SOURCE, TABLES

log = logging.getLogger(__name__)

_TYPES = {
    pa.string(): "varchar",
    pa.int64(): "bigint",
    pa.bool_(): "boolean",
}
_NOT_IN_FILES = frozenset({"row_key", "fetched_at", "run_id"})
_ROWS_AT_ONCE = 50_000
# What is more is written to disk.
_SORTING_MEMORY = "400MB"


@dataclass(frozen=True)
class _FileRead:
    key: str
    byte_count: int
    modified_at: datetime
    counts: FileCounts


def check_settings(settings: Settings) -> None:
    """Raise `ConfigurationError` where there is no folder to read."""
    path = settings.telemetry_path
    if path is None:
        raise ConfigurationError(
            "TELEMETRY_PATH is not set: name the folder that `claude-usage otlp-serve` writes, or"
            " that holds a collector's files."
        )
    if path.exists() and not path.is_dir():
        raise ConfigurationError(f"TELEMETRY_PATH: {path} is a file, not a folder")


def load_telemetry(settings: Settings, *, run_id: str) -> LoadReport:
    """Read files that are new or have grown, and store what is not stored; return what was.

    Raises:
        ConfigurationError: there is no folder to read.
    """
    check_settings(settings)
    assert settings.telemetry_path is not None
    report, folder = LoadReport(SOURCE, run_id), settings.telemetry_path
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory(prefix="claude-usage-") as made:
        scratch = Path(made)
        with warehouse.connect(settings.warehouse_path) as connection:
            warehouse.prepare(connection)
            read = _read(folder, _known(connection), Projector.of(settings), scratch, report)
            counts = {
                table: _select_new(connection, table, scratch, run_id=run_id, now=now)
                for table in (EVENTS, POINTS)
            }
        _tell(report, read, counts, settings)
        resources = [
            landing_resource(EVENTS, _batches(scratch, EVENTS)),
            landing_resource(POINTS, _batches(scratch, POINTS)),
            landing_resource(FILES, _file_rows(read, run_id, now)),
        ]
        load(report, resources, settings.warehouse_path, lambda one: _settle(one, run_id, now))
    return report


def _known(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[int, datetime]]:
    rows = connection.execute(
        f"select file_key, byte_count, modified_at from {FILES.qualified_name}"
    ).fetchall()
    return {key: (size, modified) for key, size, modified in rows}


def _read(
    folder: Path,
    known: dict[str, tuple[int, datetime]],
    projector: Projector,
    scratch: Path,
    report: LoadReport,
) -> list[_FileRead]:
    """Write the rows of all files that are not known as they are into ``scratch``."""
    read = []
    with (scratch / "rows.jsonl").open("wb") as out:
        for path in files.found(folder):
            key = files.file_key(folder, path)
            try:
                stat = path.stat()
                modified_at = datetime.fromtimestamp(stat.st_mtime_ns // 1_000 / 1e6, UTC)
                if known.get(key) == (stat.st_size, modified_at):
                    continue
                counts = files.read(path, projector, out)
            except FileNotFoundError:
                # Closed, or taken away, since it was listed: the next load sees it.
                continue
            except OSError as error:
                report.fail(FILES, key, error, f"{path.name} cannot be read.")
                continue
            if counts.unreadable:
                report.warn(
                    FILES,
                    f"{path.name}: {counts.unreadable} of {counts.lines} lines cannot be read and"
                    " are left out",
                )
            read.append(_FileRead(key, stat.st_size, modified_at, counts))
    return read


def _select_new(
    connection: duckdb.DuckDBPyConnection,
    table: RawTable,
    scratch: Path,
    *,
    run_id: str,
    now: datetime,
) -> int:
    """Write the rows of ``table`` that are not stored into a file, each once; return how many."""
    names = [name for name in table.schema.names if name not in _NOT_IN_FILES]
    columns = {"type": "varchar"} | {name: _TYPES[table.schema.field(name).type] for name in names}
    fields = "{" + ", ".join(f"'{name}': {name}" for name in names) + "}"
    landed = _quoted(scratch / f"landed_{table.name}.parquet")
    connection.execute(f"set memory_limit = '{_SORTING_MEMORY}'")
    connection.execute("set preserve_insertion_order = false")
    connection.execute(
        f"""
        copy (
            select md5(to_json({fields})::varchar) as row_key, {", ".join(names)}
            from read_json($rows, format = 'newline_delimited', columns = {_struct(columns)})
            where type = $kind
        ) to '{landed}' (format parquet, compression lz4)
        """,
        {"rows": str(scratch / "rows.jsonl"), "kind": table.name.removesuffix("s")},
    )
    # By keys alone: rows are wide, and what is stored is much more than what has come.
    connection.execute(
        f"""
        create or replace temp table fresh_rows as
        with keys as (
            select row_key, min(file_row_number) as place
            from read_parquet('{landed}', file_row_number = true)
            group by row_key
        )
        select place from keys
        where row_key not in (
            select row_key from {table.qualified_name} semi join keys using (row_key)
        )
        """
    )
    connection.execute(
        f"""
        copy (
            select landed.* exclude (file_row_number), $now::timestamptz as fetched_at,
                $run as run_id,
            from read_parquet('{landed}', file_row_number = true) as landed
            semi join fresh_rows on landed.file_row_number = fresh_rows.place
        ) to '{_quoted(scratch / f"{table.name}.parquet")}' (format parquet, compression lz4)
        """,
        {"now": now, "run": run_id},
    )
    count: int = pq.read_metadata(scratch / f"{table.name}.parquet").num_rows
    return count


def _struct(columns: dict[str, str]) -> str:
    return "{" + ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items()) + "}"


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


async def _batches(scratch: Path, table: RawTable) -> AsyncIterator[pa.Table]:
    with pq.ParquetFile(scratch / f"{table.name}.parquet") as file:
        for batch in file.iter_batches(_ROWS_AT_ONCE):
            yield pa.Table.from_batches([batch]).cast(table.schema)


async def _file_rows(read: list[_FileRead], run_id: str, now: datetime) -> AsyncIterator[pa.Table]:
    if read:
        yield pa.table(
            {
                "file_key": [one.key for one in read],
                "byte_count": [one.byte_count for one in read],
                "modified_at": [one.modified_at for one in read],
                "line_count": [one.counts.lines for one in read],
                "unreadable_line_count": [one.counts.unreadable for one in read],
                "repaired_line_count": [one.counts.repaired for one in read],
                "record_count": [one.counts.records.records for one in read],
                "foreign_record_count": [one.counts.records.foreign for one in read],
                "dropped_address_count": [one.counts.records.addresses for one in read],
                "fetched_at": [now] * len(read),
                "run_id": [run_id] * len(read),
            },
            schema=FILES.schema,
        )


def _tell(
    report: LoadReport, read: list[_FileRead], counts: dict[RawTable, int], settings: Settings
) -> None:
    size = sum(one.byte_count for one in read)
    report.add(FILES, windows=len(read), pages=len(read), records=len(read), bytes=size)
    for table, count in counts.items():
        report.add(table, windows=1, records=count)
    addresses = sum(one.counts.records.addresses for one in read)
    if addresses and settings.identity_salt is None:
        report.warn(
            EVENTS,
            f"{addresses} records name an address, which is left out as IDENTITY_SALT is not set:"
            " nobody's use can be told from them",
        )


def _settle(connection: duckdb.DuckDBPyConnection, run_id: str, now: datetime) -> None:
    """Bring the ledger in line: a row per table, as what senders still hold nobody knows."""
    ledger = EVENTS.kept(LEDGER_TABLE)
    for table in TABLES:
        newest = "null" if table is FILES else "max(make_timestamp(time_ns // 1000))::varchar"
        first = connection.execute(
            f"select min(first_fetched_at) from {ledger} where endpoint = ?", [table.name]
        ).fetchone()
        connection.execute(
            f"delete from {ledger} where endpoint = ? and window_key = 'current'", [table.name]
        )
        connection.execute(
            f"""
            insert into {ledger} by name
            select
                '{SOURCE}' as source, '{table.name}' as endpoint, 'current' as window_key,
                'complete' as status, 1 as page_count, count(*) as record_count,
                0 as byte_count, coalesce($first, $now) as first_fetched_at,
                $now as last_fetched_at, $run_id as run_id, {newest} as high_water_mark,
            from {table.qualified_name}
            """,
            {"first": first[0] if first else None, "now": now, "run_id": run_id},
        )
