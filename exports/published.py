"""The published file, opened for one export: what is written is all of one file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

SCHEMAS = ("marts", "quality")


class ExportError(Exception):
    """What was asked for cannot be exported; the text says why and what to do."""


def quoted(name: str) -> str:
    """Return a name as SQL takes it, whatever stands in it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text as SQL takes it, whatever stands in it."""
    return "'" + text.replace("'", "''") + "'"


@contextmanager
def opened(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection whose only tables are those of the published file, read only.

    Raises:
        ExportError: there is no such file, or it is none of DuckDB's.
    """
    if not path.is_file():
        raise ExportError(f"{path} is not there: run claude-usage run, or claude-usage demo")
    with duckdb.connect(":memory:", config={"autoload_known_extensions": False}) as connection:
        try:
            # Attached: who connects to a path gets the file that is open, also if it was replaced.
            connection.execute(f"attach {literal(str(path))} as published (read_only)")
            connection.execute("use published.marts")
        except duckdb.Error as error:
            raise ExportError(f"{path} is no published file: {error}") from error
        yield connection


def tables(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Return each table's full name by the name people use: marts by theirs, others by both."""
    rows = connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = 'published'"
        f" and schema_name in {SCHEMAS} order by all"
    ).fetchall()
    return {
        name if schema == "marts" else f"{schema}.{name}": f"published.{schema}.{quoted(name)}"
        for schema, name in rows
    }


def columns(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    """Return the type of each column of a table, by name and in order."""
    rows = connection.execute(f"describe {table}").fetchall()
    return {str(name): str(kind) for name, kind, *_ in rows}
