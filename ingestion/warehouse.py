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

from ingestion.errors import ConfigurationError
from ingestion.private_files import (
    FILE_MODE,
    make_folder,
    make_private,
    new_files_private,
)
from ingestion.sources import SOURCES
from ingestion.warehouse_file import WarehouseLocked, check, check_contents, explained

log = logging.getLogger(__name__)

# The first whose text columns can be compressed with zstd: pages of JSON take a tenth of the room,
# and less time to write.
STORAGE_VERSION = "v1.2.0"
# A writer in another process may be loading years of history.
LONGEST_LOCK_WAIT_SECONDS = 3_600
LONGEST_READER_WAIT_SECONDS = 60
LONGEST_WAIT_OF_A_READER_SECONDS = 5
# What DuckDB would do by itself: fetch an extension because of what a file looks like.
_NO_DOWNLOADS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False
}
_LOCKS_WRITERS_OUT = (
    ", which locks writers out. Close it, or let it open the published file instead"
)
_MAY_BE_WRITTEN = ", which may be writing it: try again when that has ended"
_BEING_WRITTEN = " is being written: try again when the run has ended"
# In this order: the last one keeps the others as they are.
_SEALED = (
    "autoload_known_extensions = false",
    "allow_community_extensions = false",
    "enable_external_access = false",
    "lock_configuration = true",
)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Hold the right to write the warehouse at ``path``; wait while another process holds it.

    DuckDB itself refuses a second writer at once, with an error. The operating system frees the
    lock when its holder dies.
    """
    check(path)
    lock = _lock(path)
    with explained(path):
        make_folder(path.parent)
        _acquire(lock, path)
    try:
        make_private(*_files(path))
        _wait_for_readers(path)
        # DuckDB makes its log and what it spills as it goes.
        with new_files_private():
            yield
    finally:
        make_private(*_files(path))
        lock.release()


def _acquire(lock: filelock.BaseFileLock, path: Path) -> None:
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        log.warning("another run is writing %s, waiting for it", path)
        try:
            lock.acquire(timeout=LONGEST_LOCK_WAIT_SECONDS)
        except filelock.Timeout as error:
            raise ConfigurationError(f"another run has been writing {path} for an hour") from error


def _lock(path: Path) -> filelock.BaseFileLock:
    return filelock.FileLock(f"{path}.lock", mode=FILE_MODE)


def _files(path: Path) -> tuple[Path, ...]:
    """Return the warehouse and what lies beside it."""
    beside = tuple(path.with_name(path.name + end) for end in (".wal", ".lock"))
    return (path, *beside, path.with_suffix(".sums.duckdb"))


def _wait_for_readers(path: Path) -> None:
    """Wait a minute for programs that have the warehouse open, which locks writers out.

    Raises:
        WarehouseLocked: one still has it open.
    """
    give_up_at = time.monotonic() + LONGEST_READER_WAIT_SECONDS
    while True:
        try:
            with connect(path):
                return
        except WarehouseLocked as error:
            if time.monotonic() > give_up_at:
                raise
            log.warning("waiting: %s", error)
            time.sleep(5)


@contextmanager
def connect(path: Path, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse with UTC as its time zone.

    Raises:
        WarehouseError: what is there is no warehouse, is damaged or cannot be written.
        WarehouseLocked: another process has it open.
    """
    check(path, is_needed=read_only)
    locked = _MAY_BE_WRITTEN if read_only else _LOCKS_WRITERS_OUT
    with explained(path, locked=locked):
        if not read_only and not path.exists():
            _create_file(path)
        with duckdb.connect(str(path), read_only=read_only, config=_NO_DOWNLOADS) as connection:
            _set_up(connection)
            check_contents(path, connection, _database(connection))
            yield connection


@contextmanager
def reading(path: Path, *, name: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse read-only as database ``name``, and hold writers off meanwhile.

    A run that met a reader between two of its steps would fail; before its first it waits.

    Nothing else can be read or changed through it: no other file, no setting.

    Raises:
        WarehouseLocked: a run is writing.
        WarehouseError: what is there is no warehouse, or is damaged.
    """
    check(path, is_needed=True)
    with (
        _held(path),
        explained(path, locked=_MAY_BE_WRITTEN),
        duckdb.connect(config=_NO_DOWNLOADS) as connection,
    ):
        _set_up(connection)
        file, database = str(path).replace("'", "''"), name.replace('"', '""')
        connection.execute(f"attach '{file}' as \"{database}\" (read_only)")
        check_contents(path, connection, name)
        _seal(connection)
        yield connection


@contextmanager
def _held(path: Path) -> Iterator[None]:
    """Keep runs from writing; where nobody can write, not even a lock, there is nothing to keep."""
    lock = _lock(path)
    try:
        lock.acquire(timeout=LONGEST_WAIT_OF_A_READER_SECONDS)
    except filelock.Timeout as error:
        raise WarehouseLocked(f"{path}{_BEING_WRITTEN}") from error
    except OSError as error:
        log.debug("%s is read without a lock: %s", path, error)
    try:
        yield
    finally:
        lock.release()


def _seal(connection: duckdb.DuckDBPyConnection) -> None:
    for setting in _SEALED:
        connection.execute(f"set {setting}")


def _set_up(connection: duckdb.DuckDBPyConnection) -> None:
    # Not as configuration of the file: its extension is not loaded yet at that point.
    connection.execute("set TimeZone = 'UTC'")
    # DuckDB draws one of its own, over whatever else is shown.
    connection.execute("set enable_progress_bar = false")


def _database(connection: duckdb.DuckDBPyConnection) -> str:
    (name,) = connection.execute("select current_database()").fetchone() or ("",)
    return str(name)


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
    wanted: dict[str, pa.Schema] = {}
    # All at once: a commit of its own for each of 60 tables takes half a second.
    connection.begin()
    for source in SOURCES:
        connection.execute(f"create schema if not exists {source.schema}")
        wanted |= {table.qualified_name: table.schema for table in source.tables}
        wanted |= {f"{source.schema}.{kept.name}": kept.schema for kept in source.kept}
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
    connection.commit()


def _create(
    connection: duckdb.DuckDBPyConnection, name: str, schema: pa.Schema, added: list[pa.Field]
) -> None:
    connection.register("empty_rows", schema.empty_table())
    if added:
        described = "select column_name, column_type from (describe from empty_rows)"
        types = dict(connection.execute(described).fetchall())
        for field in added:
            connection.execute(f"alter table {name} add column {field.name} {types[field.name]}")
    else:
        connection.execute(f"create table if not exists {name} as from empty_rows")
    connection.unregister("empty_rows")
