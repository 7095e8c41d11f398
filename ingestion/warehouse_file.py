"""What a warehouse file is, and why it cannot be opened: by its name, in one line, with what to do.

DuckDB tells kinds of trouble apart by their text alone. What it would say of a file that is none of
its own depends on the file: of an SQLite one, that it could not download an extension.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath

import duckdb

from ingestion.errors import ConfigurationError
from ingestion.sources import SOURCES

# DuckDB names a database after its file: beside a schema of that name, a name is ambiguous. The
# last ones are what is attached beside it.
TAKEN_NAMES = frozenset(
    {
        *(source.schema for source in SOURCES),
        *("staging", "intermediate", "marts", "quality"),
        *("main", "temp", "system", "information_schema", "pg_catalog"),
        *("kept", "published"),
    }
)
_MAGIC = slice(8, 12)
# Before the first block.
_HEADERS_BYTES = 3 * 4_096
_AGAIN = (
    "Restore it from a backup, or move it away and load again: claude-usage run --start YYYY-MM-DD"
)
_OTHER = "Let WAREHOUSE_PATH name another file, which need not be there yet"

_HOLDER = re.compile(r"lock is held in (?P<program>.+?) \(PID (?P<pid>\d+)\)")
_LOCKED = re.compile(r"could not set lock|unique file handle conflict|being used by another", re.I)
_NEWER = re.compile(r"database file with version number|storage version .* newer", re.I)
_DAMAGED = re.compile(
    r"corrupt|could not read enough bytes|not a valid duckdb|checksum|deserializ|"
    r"invalidated because of a previous fatal|failure while replaying wal|out of range.*block",
    re.I,
)
FULL = re.compile(
    r"no space left|disk quota|file too large|disk is full|out of disk|failed to offload", re.I
)
READ_ONLY = re.compile(
    r"read-only file system|readonly database|permission denied|operation not permitted"
    r"|cannot open file .*read-only",
    re.I,
)


class WarehouseError(ConfigurationError):
    """The warehouse cannot be used as it is; says what it is and what to do."""


class WarehouseMissing(WarehouseError):
    """Nothing was ever stored."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"There is no warehouse at {path} yet: claude-usage run, or claude-usage demo"
        )


class WarehouseLocked(WarehouseError):
    """Another process has the warehouse open; waiting may end it."""


def check(path: Path, *, is_needed: bool = False) -> None:
    """Look at what is at ``path`` before DuckDB does.

    Nothing there is no fault, unless the file ``is_needed``.

    Raises:
        WarehouseError: it is no warehouse.
    """
    _check_name(path)
    if path.is_dir():
        raise WarehouseError(f"{path} is a folder. {_OTHER}")
    if not path.exists():
        if is_needed:
            raise WarehouseMissing(path)
        return
    if not path.is_file():
        raise WarehouseError(f"{path} is a device or a pipe, not a file. {_OTHER}")
    with explained(path), path.open("rb") as file:
        head = file.read(_MAGIC.stop)
    if not head:
        raise WarehouseError(f"{path} is empty (0 bytes), nothing is stored in it. Remove it")
    if head.startswith(b"SQLite"):
        raise WarehouseError(f"{path} is an SQLite database, not a DuckDB one. {_OTHER}")
    if head[_MAGIC] != b"DUCK":
        raise WarehouseError(f"{path} is not a DuckDB database. {_OTHER}")


def _check_name(path: Path) -> None:
    catalog = path.name.split(".")[0]
    if catalog.lower() in TAKEN_NAMES:
        raise WarehouseError(
            f"the warehouse cannot be named {path.name}: the name {catalog} already stands for"
            " something else in or beside it. Choose another name, for instance warehouse.duckdb"
        )


def check_contents(path: Path, connection: duckdb.DuckDBPyConnection, database: str) -> None:
    """Tell a warehouse, or a database without any table, from one of something else.

    Raises:
        WarehouseError: it is the published file, or nothing of ours.
    """
    rows = connection.execute(
        "select distinct schema_name from duckdb_tables() where database_name = ?", [database]
    ).fetchall()
    schemas = {name for (name,) in rows}
    if not schemas or any(name.startswith("raw_") for name in schemas):
        return
    if schemas <= {"marts", "quality"}:
        raise WarehouseError(f"{path} is a published file, which holds marts alone. {_OTHER}")
    raise WarehouseError(f"{path} is a DuckDB database of something else. {_OTHER}")


def check_whole(path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    """Tell a file that was cut off, where what was cut is data, which opening does not read.

    Not while it is written: blocks that are in use may not be in the file yet.

    Raises:
        WarehouseError: the file is shorter than what it says is in it.
    """
    row = connection.execute(
        "select block_size * used_blocks from pragma_database_size()"
        " where database_name = current_database()"
    ).fetchone()
    needed, found = _HEADERS_BYTES + (row[0] if row else 0), path.stat().st_size
    if found < needed:
        raise WarehouseError(
            f"{path} is damaged: it has {found:,} bytes of at least {needed:,}. {_AGAIN}"
        )


@contextmanager
def explained(path: Path, *, locked: str = "") -> Iterator[None]:
    """Say in one line what is the matter with the warehouse, where that is known.

    ``locked`` follows who has it open.
    """
    try:
        yield
    except (duckdb.Error, OSError) as error:
        problem = explanation(path, error, locked=locked)
        if problem is None:
            raise
        raise problem from error


def explanation(
    path: Path, error: duckdb.Error | OSError, *, locked: str = ""
) -> WarehouseError | None:
    """Return what ``error`` says of the file at ``path``; None where it is about something else."""
    text = str(error)
    if isinstance(error, OSError) and not _is_about(path, error):
        return None
    if _LOCKED.search(text):
        return WarehouseLocked(f"{path} is open in {_holder(text)}{locked}")
    if _NEWER.search(text):
        return WarehouseError(
            f"{path} was written by a newer DuckDB than this one ({duckdb.__version__}). Update"
            " claude-usage, or use the warehouse that this version wrote"
        )
    if isinstance(error, duckdb.Error) and _DAMAGED.search(text):
        return WarehouseError(f"{path} is damaged: {_first_line(text)}. {_AGAIN}")
    number = error.errno if isinstance(error, OSError) else None
    if FULL.search(text) or number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return WarehouseError(
            f"the disk of {path} is full. Make room and run again: what was stored stays"
        )
    if READ_ONLY.search(text) or number in (errno.EROFS, errno.EACCES, errno.EPERM):
        return WarehouseError(
            f"{path} or its folder may not be written or read by this user, or is on a disk mounted"
            " read-only. Give it the right to, or let WAREHOUSE_PATH name a file elsewhere"
        )
    return None


def _is_about(path: Path, error: OSError) -> bool:
    """Whether it is about the file, one beside it, or one that is not named."""
    return error.filename is None or Path(str(error.filename)).parent in (
        path.parent,
        *path.parents,
    )


def _holder(text: str) -> str:
    found = _HOLDER.search(text)
    if found is None:
        return "another program"
    return f"another program ({PurePath(found['program']).name}, process {found['pid']})"


def _first_line(text: str) -> str:
    # "IO Error: Corrupt database file: …" with the file's path in quotes.
    return text.splitlines()[0].removeprefix("IO Error: ").rstrip(".!")
