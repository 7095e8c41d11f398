"""`claude-usage export` and `focus`: tables of the published file, and the bill as FOCUS."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb
from rich.box import SIMPLE
from rich.table import Table

from claude_usage.console import out, say
from claude_usage.filters import rewritten
from claude_usage.nearest import nearest
from exports import focus as focus_export
from exports import published, tables
from exports.published import ExportError, quoted
from ingestion.errors import ConfigurationError
from ingestion.settings import Settings

STANDARD_OUTPUT = "-"


def export(
    settings: Settings,
    name: str | None,
    *,
    kind: tables.Format,
    where: str,
    columns: str,
    to: str | None,
) -> int:
    """Write a table, or list all of them where none is named; return 0."""
    with _opened(settings) as connection:
        known = published.tables(connection)
        if name is None:
            _list(connection, known)
            return 0
        if name not in known:
            near = ", ".join(nearest(name, known))
            raise ConfigurationError(f"there is no table {name}. Near to it: {near}")
        wanted = [one.strip() for one in columns.split(",") if one.strip()]
        condition = _condition(connection, known[name], where) if where else ""
        query = tables.selected(connection, known[name], wanted, condition)
        _write(connection, query, kind, to or f"{name}.{kind.value}")
    return 0


def focus(
    settings: Settings, *, version: str, kind: tables.Format, first: date | None, last: date | None,
    to: str | None,
) -> int:  # fmt: skip
    """Write the bill as a FOCUS cost and usage dataset; return 0."""
    with _opened(settings) as connection:
        query = focus_export.query(connection, version, first, last)
        _write(connection, query, kind, to or f"focus-{version}.{kind.value}")
    return 0


@contextmanager
def _opened(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    try:
        with published.opened(settings.publish_path) as connection:
            yield connection
    except ExportError as error:
        raise ConfigurationError(str(error)) from error
    except duckdb.IOException as error:
        raise ConfigurationError(f"it cannot be written: {str(error).splitlines()[0]}") from error
    except duckdb.Error as error:
        # Of what is asked for, as --where may ask for what some row cannot answer.
        raise ConfigurationError(f"it cannot be answered: {str(error).splitlines()[0]}") from error


def _condition(connection: duckdb.DuckDBPyConnection, table: str, where: str) -> str:
    known = {name.lower(): name for name in published.columns(connection, table)}

    def written(name: str) -> str:
        if name.lower() not in known:
            near = ", ".join(nearest(name, known))
            raise ConfigurationError(f"--where: there is no column {name}. Near to it: {near}")
        return quoted(known[name.lower()])

    return f"({rewritten(where, written)})"


def _write(connection: duckdb.DuckDBPyConnection, query: str, kind: tables.Format, to: str) -> None:
    if to != STANDARD_OUTPUT:
        count = tables.write(connection, query, kind, Path(to))
        say(f"{to}: {count:,} rows")
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"export.{kind.value}"
        tables.write(connection, query, kind, file)
        with file.open("rb") as body:
            shutil.copyfileobj(body, sys.stdout.buffer)


def _list(connection: duckdb.DuckDBPyConnection, known: dict[str, str]) -> None:
    shown = Table(box=SIMPLE)
    for name in ("table", "rows", "one row per"):
        shown.add_column(name, justify="right" if name == "rows" else "left")
    comments = dict(
        connection.execute(
            "select if(schema_name = 'marts', '', schema_name || '.') || table_name,"
            " coalesce(comment, '') from duckdb_tables() where database_name = 'published'"
        ).fetchall()
    )
    for name, full in known.items():
        (count,) = connection.execute(f"select count(*) from {full}").fetchone() or (0,)
        shown.add_row(
            name, f"{count:,}", comments[name].split(". ")[0].removeprefix("One row per ")
        )
    out.print(shown)
