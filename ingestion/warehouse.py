"""The warehouse file: one writer at a time, raw tables that always exist."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import filelock
import pyarrow as pa

from ingestion import raw
from ingestion.errors import ConfigurationError
from ingestion.private_files import (
    FILE_MODE,
    make_folder,
    make_private,
    new_files_private,
)

log = logging.getLogger(__name__)

# The first whose text columns can be compressed with zstd: pages of JSON take a tenth of the room,
# and less time to write.
STORAGE_VERSION = "v1.2.0"
# A writer in another process may be loading years of history.
LONGEST_LOCK_WAIT_SECONDS = 3_600
LONGEST_READER_WAIT_SECONDS = 60
LONGEST_WAIT_OF_A_READER_SECONDS = 5


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Hold the right to write the warehouse at ``path``; wait while another process holds it.

    DuckDB itself refuses a second writer at once, with an error. The operating system frees the
    lock when its holder dies.
    """
    make_folder(path.parent)
    lock = _lock(path)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        log.warning("another run is writing %s, waiting for it", path)
        try:
            lock.acquire(timeout=LONGEST_LOCK_WAIT_SECONDS)
        except filelock.Timeout as error:
            raise ConfigurationError(f"another run has been writing {path} for an hour") from error
    try:
        make_private(*_files(path))
        _wait_for_readers(path)
        # DuckDB makes its log and what it spills as it goes.
        with new_files_private():
            yield
    finally:
        make_private(*_files(path))
        lock.release()


def _lock(path: Path) -> filelock.BaseFileLock:
    return filelock.FileLock(f"{path}.lock", mode=FILE_MODE)


def _files(path: Path) -> tuple[Path, ...]:
    """Return the warehouse and what lies beside it."""
    beside = tuple(path.with_name(path.name + end) for end in (".wal", ".lock"))
    return (path, *beside, path.with_suffix(".sums.duckdb"))


def _wait_for_readers(path: Path) -> None:
    """Wait a minute for programs that have the warehouse open, which locks writers out.

    Raises:
        ConfigurationError: one still has it open.
    """
    give_up_at = time.monotonic() + LONGEST_READER_WAIT_SECONDS
    while True:
        try:
            with connect(path):
                return
        except ConfigurationError as error:
            if time.monotonic() > give_up_at:
                raise
            log.warning("waiting: %s", error)
            time.sleep(5)


@contextmanager
def connect(path: Path, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse with UTC as its time zone."""
    if not read_only and not path.exists():
        _create_file(path)
    refused = ConfigurationError(
        f"{path} is open in another program, which locks writers out."
        " Close it, or let it open the published file instead."
    )
    with _locked_out_as(refused):
        connection = duckdb.connect(str(path), read_only=read_only)
    with connection:
        _set_up(connection)
        yield connection


@contextmanager
def reading(path: Path, *, name: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse read-only as database ``name``, and hold writers off meanwhile.

    A run that met a reader between two of its steps would fail; before its first it waits.

    Raises:
        ConfigurationError: a run is writing.
    """
    refused = ConfigurationError(f"{path} is being written: try again when the run has ended")
    lock = _lock(path)
    try:
        lock.acquire(timeout=LONGEST_WAIT_OF_A_READER_SECONDS)
    except filelock.Timeout as error:
        raise refused from error
    try:
        with duckdb.connect() as connection:
            _set_up(connection)
            file, database = str(path).replace("'", "''"), name.replace('"', '""')
            with _locked_out_as(refused):
                connection.execute(f"attach '{file}' as \"{database}\" (read_only)")
            yield connection
    finally:
        lock.release()


def _set_up(connection: duckdb.DuckDBPyConnection) -> None:
    # Not as configuration of the file: its extension is not loaded yet at that point.
    connection.execute("set TimeZone = 'UTC'")
    # DuckDB draws one of its own, over whatever else is shown.
    connection.execute("set enable_progress_bar = false")


@contextmanager
def _locked_out_as(refused: ConfigurationError) -> Iterator[None]:
    """Raise ``refused`` where another process has the file; DuckDB tells that by its text alone."""
    try:
        yield
    except duckdb.IOException as error:
        if "lock" not in str(error).lower():
            raise
        raise refused from error


def _create_file(path: Path) -> None:
    # A file keeps the version it was made with; opened by its path it would get the oldest.
    name = str(path).replace("'", "''")
    with new_files_private(), duckdb.connect() as connection:
        connection.execute(f"attach '{name}' (storage_version '{STORAGE_VERSION}')")


@contextmanager
def prepared(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse, made when there is none, with all raw tables, as its only writer."""
    with writing(path), connect(path) as connection:
        prepare(connection)
        yield connection


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the raw schemas and tables that are not there yet, empty; add columns that came since.

    Added columns are null in the rows of earlier versions.
    """
    wanted = {table.qualified_name: table.schema for table in raw.TABLES}
    for source, kept in raw.KEPT_BY_LOADS.items():
        connection.execute(f"create schema if not exists raw_{source}")
        wanted |= {f"raw_{source}.{name}": schema for name, schema in kept.items()}
    there: dict[str, set[str]] = {}
    for name, column in connection.execute(
        "select schema_name || '.' || table_name, column_name from duckdb_columns()"
        " where database_name = current_database()"
    ).fetchall():
        there.setdefault(name, set()).add(column)
    for name, schema in wanted.items():
        missing = [field for field in schema if field.name not in there.get(name, ())]
        if missing:
            _create(connection, name, schema, missing if name in there else [])


def _create(
    connection: duckdb.DuckDBPyConnection, name: str, schema: pa.Schema, added: list[pa.Field]
) -> None:
    connection.register("empty_rows", schema.empty_table())
    types = dict(
        connection.execute(
            "select column_name, column_type from (describe from empty_rows)"
        ).fetchall()
    )
    connection.execute(f"create table if not exists {name} as from empty_rows")
    for field in added:
        connection.execute(f"alter table {name} add column {field.name} {types[field.name]}")
    connection.unregister("empty_rows")
