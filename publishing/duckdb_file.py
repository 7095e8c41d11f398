"""Copy schema ``marts`` of the warehouse into the file that readers open, and tell of the file.

Belongs here: building, verifying and replacing that one file. Does not belong here: deciding
whether the marts are fit to be published (``data_quality``) or when (``orchestration``).
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from publishing import quality
from publishing.declared import Declared
from publishing.privacy import Privacy, kept_columns, literal, query
from publishing.privacy import identifier as _identifier
from publishing.team_level import prepare_tables

logger = logging.getLogger(__name__)

SCHEMA = "marts"
# The oldest format that keeps all we write; DuckDB 1.2 and later read it, whatever wrote it.
STORAGE_VERSION = "v1.2.0"
# The same version as the number in bytes 12 to 19 of the file: 64 is v0.10 to v1.1, 65 is v1.2.
_STORAGE_NUMBER = 65


class PublishError(RuntimeError):
    """The marts could not be published; the file published before is untouched."""


@dataclass(frozen=True)
class PublishedFile:
    """What was published: ``row_counts`` by mart, ``bytes`` on disk, time in UTC."""

    path: Path
    row_counts: Mapping[str, int]
    bytes: int
    published_at: datetime

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the published marts, sorted."""
        return tuple(sorted(self.row_counts))

    @property
    def rows(self) -> int:
        """Rows of all marts together."""
        return sum(self.row_counts.values())


def publish(
    warehouse_path: str | Path,
    publish_path: str | Path,
    privacy: Privacy | None = None,
    mode: int | None = None,
    declared: Mapping[str, Declared] | None = None,
) -> PublishedFile:
    """Replace ``publish_path`` by a new file holding the marts and, in `quality`, what it is.

    The new file is built beside the old one, verified by opening it again, and renamed over it in
    one step: whoever opens the path sees the old file or the new one, whole. Readers that hold the
    old file keep it until they reconnect. The parent folder is created when missing; temporary
    files that a killed run left behind are removed first.

    One publisher at a time: a second one would remove the first one's temporary file, and the
    first would then fail without harm to the published file.

    ``privacy`` says what the file may tell of people; without it, everything. ``mode`` is the mode
    of the file: by default its owner's group may read it, and everybody when it names nobody.
    ``declared`` says by table what the file tells besides its rows: columns that are never null,
    keys and joins. Level team has other rows, for which none of this holds.

    The name of the log of writers is taken by a link that leads nowhere: see
    docs/decisions/0019-a-published-file-has-no-log.md.

    Raises:
        PublishError: wrong paths, no warehouse, no marts, a warehouse that is being written, marts
            that break what is declared of them, or a copy that does not match. The published file
            is then what it was before.
    """
    warehouse, target = check_paths(warehouse_path, publish_path)
    if not warehouse.is_file():
        raise PublishError(f"there is no warehouse at {warehouse}")
    privacy = privacy or Privacy()
    mode = mode or (0o640 if privacy.level == "named" else 0o644)
    _make_folder(target.parent, mode)
    _remove_stale(target)
    temporary = target.with_name(f".{target.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        with _private_files():
            published_at = datetime.now(UTC)
            row_counts = _build(warehouse, temporary, privacy, declared or {}, published_at)
            _verify(temporary, row_counts)
        size = temporary.stat().st_size
        _replace(temporary, target, mode)
    except (duckdb.Error, OSError) as error:
        raise PublishError(f"{target} was not published: {error}") from error
    finally:
        _remove(temporary)
    published = PublishedFile(target, row_counts[SCHEMA], size, published_at)
    logger.info(
        "published %d tables, %d rows, %d bytes to %s",
        len(published.tables),
        published.rows,
        published.bytes,
        target,
    )
    return published


def check_paths(warehouse_path: str | Path, publish_path: str | Path) -> tuple[Path, Path]:
    """Return both paths resolved, also before there is a warehouse.

    Raises:
        PublishError: the published file is the warehouse, or may be, or not be queried.
    """
    # Resolved, so that a publish path that is a link is followed and not replaced by a file.
    warehouse, target = Path(warehouse_path).resolve(), Path(publish_path).resolve()
    if target.is_dir():
        raise PublishError(f"the publish path {target} is a folder")
    # Links apart, two names of one file; either may not be there yet.
    is_linked = warehouse.exists() and target.exists() and target.samefile(warehouse)
    if warehouse == target or is_linked:
        raise PublishError(f"the publish path and the warehouse are one file: {target}")
    if target in (warehouse.with_suffix(".sums.duckdb"), Path(f"{warehouse}.lock")):
        raise PublishError(f"the publish path {target} is a file that is kept beside the warehouse")
    catalog = target.name.split(".")[0]
    if catalog.lower() in (SCHEMA, quality.SCHEMA):
        # DuckDB names the catalog after the file: marts.dim_people would be ambiguous.
        raise PublishError(
            f"the published file cannot be named {target.name}: readers could not tell catalog "
            f"{catalog} from schema {catalog.lower()}; choose another name, for instance"
            " claude_usage.duckdb"
        )
    return warehouse, target


def _build(
    warehouse: Path,
    temporary: Path,
    privacy: Privacy,
    declared: Mapping[str, Declared],
    published_at: datetime,
) -> dict[str, dict[str, int]]:
    """Write ``temporary`` and return the rows that each table must have, by schema."""
    with _connection(temporary) as connection:
        connection.execute(f"attach {literal(str(warehouse))} as warehouse (read_only)")
        connection.execute(
            f"attach {literal(str(temporary))} as published (storage_version '{STORAGE_VERSION}')"
        )
        tables = _tables(connection, "warehouse", SCHEMA)
        if not tables:
            raise PublishError(f"{warehouse} has no tables in schema {SCHEMA}: nothing to publish")
        tables = _made_by_a_model(tables, declared)
        connection.execute(f"create schema published.{SCHEMA}")
        # A variable and no text of the queries: a message that quotes one does not show the key.
        # Without a key, as level team may be, one that nobody has: pseudonyms change each time.
        connection.execute("set variable privacy_key = ?", [privacy.key or secrets.token_hex(32)])
        source = f"warehouse.{SCHEMA}"
        prepared: frozenset[str] = frozenset()
        if privacy.level == "team":
            prepared = prepare_tables(connection, tables, source, privacy.min_people)
        declarations: dict[str, Declared] = {}
        for table in tables:
            columns = _columns(connection, table)
            rows = query(table, columns, source, privacy, prepared)
            name = f"published.{SCHEMA}.{_identifier(table)}"
            declarations[table] = _declaration_of(table, columns, privacy, declared)
            definition = _definition(table, columns, declarations[table])
            connection.execute(f"create table {name} ({definition})")
            try:
                connection.execute(f"insert into {name} {rows}")
            except duckdb.ConstraintException as error:
                raise PublishError(f"{table} is not as its tests want it: {error}") from error
        _copy_comments(connection, declarations)
        is_whole = privacy.level == "named"
        counts = _row_counts(connection, "warehouse" if is_whole else "published", SCHEMA)
        row_counts = {
            SCHEMA: {table: counts[table] for table in tables},
            quality.SCHEMA: quality.write(connection, privacy, published_at, STORAGE_VERSION),
        }
        # Detaching writes the last checkpoint: afterwards no WAL is left beside the file.
        connection.execute("checkpoint published")
        connection.execute("detach published")
        return row_counts


def _verify(temporary: Path, expected: Mapping[str, Mapping[str, int]]) -> None:
    """Open the written file as a reader would and compare it with the warehouse."""
    wal = temporary.with_name(temporary.name + ".wal")
    if wal.exists():
        raise PublishError(f"the new file is not whole without its log {wal.name}")
    with temporary.open("rb") as file:
        number = int.from_bytes(file.read(20)[12:20], "little")
    if number != _STORAGE_NUMBER:
        raise PublishError(
            f"the new file has storage number {number}, not {_STORAGE_NUMBER} ({STORAGE_VERSION})"
        )
    with _connection(temporary) as connection:
        connection.execute(f"attach {literal(str(temporary))} as published (read_only)")
        schemas = connection.execute(
            "select distinct schema_name from duckdb_tables() where database_name = 'published'"
        ).fetchall()
        found = {schema: _row_counts(connection, "published", schema) for (schema,) in schemas}
    if found != expected:
        raise PublishError(f"the new file does not match the warehouse: {found}, not {expected}")


def _make_folder(folder: Path, mode: int) -> None:
    """Create a folder, and the parents it lacks, open to those who may read the file."""
    if folder.is_dir():
        return
    _make_folder(folder.parent, mode)
    folder.mkdir(exist_ok=True)
    readers = mode & 0o044
    folder.chmod(0o700 | readers | readers >> 2)


@contextmanager
def _private_files() -> Iterator[None]:
    """Have the new file, its log and what it spills be nobody else's until it is whole."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def _replace(temporary: Path, target: Path, mode: int) -> None:
    temporary.chmod(mode)
    _flush(temporary)
    _take_name_of_log(target)
    os.replace(temporary, target)
    _flush(target.parent)


def _take_name_of_log(target: Path) -> None:
    """Put a link that leads nowhere where DuckDB would write the log of the published file.

    Who opened the old file for writing could else write a log later, which readers would replay
    onto the new file. A log that is there already goes.
    """
    log, nowhere = target.with_name(target.name + ".wal"), f"{target.name}.is-not-written-to/log"
    if log.is_symlink() and os.readlink(log) == nowhere:
        return
    link = target.with_name(f".{target.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    link.symlink_to(nowhere)
    os.replace(link, log)


def _declaration_of(
    table: str, columns: Mapping[str, str], privacy: Privacy, declared: Mapping[str, Declared]
) -> Declared:
    """Return what of the table's declaration holds for the columns as they are published."""
    of, kept = declared.get(table, Declared()), kept_columns(columns, privacy)
    return Declared(
        required=of.required & kept,
        key=of.key if kept.issuperset(of.key) else (),
        joins={name: target for name, target in of.joins.items() if name in kept},
    )


def _definition(table: str, columns: Mapping[str, str], declaration: Declared) -> str:
    """Return columns and constraints of a table to be created.

    A key is an index, which costs a fact several times its own size: dimensions alone have one.
    See docs/decisions/0026-keys-of-the-published-file.md.
    """
    lines = [
        f"{_identifier(name)} {kind}{' not null' if name in declaration.required else ''}"
        for name, kind in columns.items()
    ]
    if (
        table.startswith("dim_")
        and declaration.key
        and declaration.required.issuperset(declaration.key)
    ):
        lines.append(f"primary key ({', '.join(_identifier(name) for name in declaration.key)})")
    return ", ".join(lines)


def _copy_comments(
    connection: duckdb.DuckDBPyConnection, declarations: Mapping[str, Declared]
) -> None:
    """Copy the comments of tables and columns, and add keys and joins to them."""
    where = "where database_name = 'warehouse' and schema_name = ?"
    tables = connection.execute(
        f"select table_name, comment from duckdb_tables() {where}", [SCHEMA]
    ).fetchall()
    columns = connection.execute(
        f"select table_name, column_name, comment from duckdb_columns() {where}", [SCHEMA]
    ).fetchall()
    for table, comment in tables:
        if table not in declarations:
            continue
        key = f"Key: {', '.join(declarations[table].key)}." if declarations[table].key else ""
        _comment(connection, f"table published.{SCHEMA}.{_identifier(table)}", comment, key)
    for table, column, comment in columns:
        if table not in declarations:
            continue
        target = declarations[table].joins.get(column)
        name = f"published.{SCHEMA}.{_identifier(table)}.{_identifier(column)}"
        _comment(connection, f"column {name}", comment, f"Joins {target}." if target else "")


def _comment(
    connection: duckdb.DuckDBPyConnection, what: str, comment: str | None, more: str
) -> None:
    if text := " ".join(filter(None, (comment, more))):
        connection.execute(f"comment on {what} is {literal(text)}")


def _tables(connection: duckdb.DuckDBPyConnection, catalog: str, schema: str) -> list[str]:
    """Names of tables and views; a view is published as the rows it returns."""
    rows = connection.execute(
        "select table_name from information_schema.tables"
        " where table_catalog = ? and table_schema = ? order by table_name",
        [catalog, schema],
    ).fetchall()
    return [name for (name,) in rows]


def _made_by_a_model(tables: Sequence[str], declared: Mapping[str, Declared]) -> list[str]:
    """Return tables without those of models that are gone, which nothing keeps up to date."""
    gone = sorted(set(tables) - declared.keys()) if declared else []
    if gone:
        logger.warning("not published, as no model makes them any more: %s", ", ".join(gone))
    return [table for table in tables if table not in gone]


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    """Types of a table's columns in the warehouse, by name and in order."""
    rows = connection.execute(
        "select column_name, data_type from information_schema.columns"
        " where table_catalog = 'warehouse' and table_schema = ? and table_name = ?"
        " order by ordinal_position",
        [SCHEMA, table],
    ).fetchall()
    return dict(rows)


def _row_counts(connection: duckdb.DuckDBPyConnection, catalog: str, schema: str) -> dict[str, int]:
    counts = {}
    for table in _tables(connection, catalog, schema):
        query = f"select count(*) from {catalog}.{schema}.{_identifier(table)}"
        (counts[table],) = connection.execute(query).fetchone() or (0,)
    return counts


@contextmanager
def _connection(temporary: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    # Spilling goes beside the new file, under a name that is cleaned up with it: the default is
    # a folder in the current directory.
    connection = duckdb.connect(config={"temp_directory": str(_spill_folder(temporary))})
    # DuckDB draws one of its own, over whatever else is shown.
    connection.execute("set enable_progress_bar = false")
    try:
        yield connection
    finally:
        connection.close()


def _spill_folder(temporary: Path) -> Path:
    return temporary.with_name(temporary.name + ".spill")


def _remove(temporary: Path) -> None:
    temporary.unlink(missing_ok=True)
    temporary.with_name(temporary.name + ".wal").unlink(missing_ok=True)
    shutil.rmtree(_spill_folder(temporary), ignore_errors=True)


def _remove_stale(target: Path) -> None:
    prefix = f".{target.name}."
    for path in target.parent.iterdir():
        if path.name.startswith(prefix) and path.name.endswith(".tmp"):
            logger.warning("removing %s, left behind by a run that was stopped", path.name)
            _remove(path)
    for path in target.parent.iterdir():
        # Leftovers whose main file is already gone.
        if path.name.startswith(prefix) and path.name.endswith((".tmp.wal", ".tmp.spill")):
            _remove(path.with_suffix(""))


def _flush(path: Path) -> None:
    """Ask the system to write a file or a folder to the disk before going on."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
