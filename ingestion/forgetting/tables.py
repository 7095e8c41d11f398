"""Where identities are replaced: in rows that come, and in all that is stored."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb

from ingestion import warehouse
from ingestion.flushing import flush
from ingestion.forgetting import register, rules
from ingestion.forgetting.identities import Identity
from ingestion.github.tables import MEMBERS

log = logging.getLogger(__name__)

# dbt makes them of the others.
BUILT = ("staging", "intermediate", "marts")
# By column name: types by table.
Columns = Mapping[str, str]


def as_known(connection: duckdb.DuckDBPyConnection, landed: Mapping[str, str]) -> dict[str, str]:
    """Return, for relations by raw table name, queries of them without those who were forgotten.

    Sets variables of ``connection`` that the queries read.
    """
    queries = {name: f"from {relation}" for name, relation in landed.items()}
    if register.is_empty(connection):
        return queries
    columns = {name: _columns(connection, relation) for name, relation in landed.items()}
    texts = [one for name in landed for one in _texts(landed[name], columns[name])]
    if not (met := register.met_in(connection, texts) if texts else []):
        return queries
    rules.use(connection, met)
    return {name: replaced(landed[name], columns[name]) for name in landed}


def replaced(relation: str, columns: Columns) -> str:
    """Return the query of a table's rows with all identities in use replaced."""
    put = {name: rules.scrubbed(f'"{name}"') for name in _text_columns(columns)}
    if "member_id" in columns:
        put["member_id"] = rules.renumbered("member_id", "bigint")
    if {"directory", "entity_id"} <= columns.keys():
        # Of GitHub's members it is the account's number.
        is_member = f"directory = '{MEMBERS.name}'"
        number = rules.renumbered("entity_id", "varchar")
        put["entity_id"] = f"case when {is_member} then {number} else {put['entity_id']} end"
    changed = ", ".join(f'{sql} as "{name}"' for name, sql in put.items())
    return f"select * replace ({changed}) from {relation}" if put else f"from {relation}"


def stored(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """Return the columns of all tables but those that are built, by qualified name."""
    tables: dict[str, dict[str, str]] = {}
    for schema, table, column, kind in connection.execute(
        "select schema_name, table_name, column_name, data_type from duckdb_columns()"
        " where database_name = current_database() and not internal"
        f" and schema_name not in {BUILT} order by all"
    ).fetchall():
        tables.setdefault(f'"{schema}"."{table}"', {})[column] = kind
    return tables


def identities_left(
    connection: duckdb.DuckDBPyConnection, also: Iterable[str] = ()
) -> list[Identity]:
    """Return the forgotten identities that stand in what is stored, or in the queries ``also``."""
    texts = [
        query
        for table, columns in stored(connection).items()
        if not _is_register(table)
        for query in _texts(table, columns)
    ]
    return register.met_in(connection, [*texts, *also])


def count(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Return how many rows of each table hold an identity in use."""
    counts = {}
    for table, columns in stored(connection).items():
        if _is_register(table):
            continue
        hits = [rules.is_hit(f'"{name}"') for name in _text_columns(columns)]
        found = connection.execute(
            f"select count(*) from {table} where {' or '.join(hits) or 'false'}"
        ).fetchone()
        if found and found[0]:
            counts[table.replace('"', "")] = found[0]
    return counts


def rewrite(path: Path, identities: Iterable[Identity]) -> None:
    """Write the warehouse anew, with ``identities`` replaced and without what dbt has built.

    A new file and not updates: DuckDB leaves what it deletes in free blocks and in its log. It
    takes the place of the old one, which is as it was until then, in one step. The caller holds the
    lock.
    """
    remove_leftovers(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        with warehouse.connect(path) as connection:
            tables = stored(connection)
            rules.use(connection, identities)
            connection.execute(f"set temp_directory = '{_quoted(temporary)}.spill'")
            connection.execute("set force_compression = 'zstd'")
            connection.execute(
                f"attach '{_quoted(temporary)}' as rewritten"
                f" (storage_version '{warehouse.STORAGE_VERSION}')"
            )
            for table, columns in tables.items():
                _copy(connection, table, columns)
            # Writes the last checkpoint: no log is left beside the file.
            connection.execute("detach rewritten")
        _take_the_place(temporary, path)
    finally:
        remove_leftovers(path)


def _copy(connection: duckdb.DuckDBPyConnection, table: str, columns: Columns) -> None:
    connection.execute(f"create schema if not exists rewritten.{table.split('.')[0]}")
    rows = f"from {table}" if _is_register(table) else replaced(table, columns)
    connection.execute(f"create table rewritten.{table} as {rows}")
    counts = connection.execute(
        f"select (select count(*) from {table}), (select count(*) from rewritten.{table})"
    ).fetchone()
    assert counts is not None
    if counts[0] != counts[1]:
        raise RuntimeError(f"{table} has {counts[0]} rows, its copy {counts[1]}")


def _take_the_place(temporary: Path, path: Path) -> None:
    flush(temporary)
    # The log of the old file must not be replayed onto the new one.
    path.with_name(f"{path.name}.wal").unlink(missing_ok=True)
    temporary.replace(path)
    flush(path.parent)


def remove_leftovers(path: Path) -> None:
    """Remove what a rewriting that was killed has left, and what DuckDB spills beside the file."""
    for left in (*path.parent.glob(f".{path.name}.*.tmp*"), path.with_name(f"{path.name}.tmp")):
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


def _columns(connection: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    described = connection.execute(f"describe from {relation}").fetchall()
    return {name: kind for name, kind, *_ in described}


def _texts(relation: str, columns: Columns) -> list[str]:
    """Return queries of all that an identity may stand in, as `text`."""
    names = [*_text_columns(columns), *(name for name in columns if name == "member_id")]
    return [f'select "{name}"::varchar as text from {relation}' for name in names]


def _text_columns(columns: Columns) -> list[str]:
    return [name for name, kind in columns.items() if kind == "VARCHAR"]


def _is_register(table: str) -> bool:
    return table.startswith(f'"{register.SCHEMA}".')


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
