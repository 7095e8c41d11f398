"""One table of the published file as a file for a spreadsheet, a notebook or another program.

Money stays decimal: in JSON it is text, as numbers there are floats to most readers; in a workbook
it is a number up to the 15 digits that Excel keeps, and text beyond.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

import duckdb

from exports.published import ExportError, columns, literal, quoted

# Of Excel: rows of a sheet with its header, and digits that a number keeps.
MOST_ROWS_IN_A_SHEET = 1_048_576
_DIGITS = 15
_FETCHED = 10_000
# A spreadsheet runs a text that begins so.
_FORMULA = r"^[=+@\t\r-]"


class Format(StrEnum):
    """What a table can be written as."""

    CSV = "csv"
    PARQUET = "parquet"
    XLSX = "xlsx"
    JSON = "json"


def selected(
    connection: duckdb.DuckDBPyConnection, table: str, wanted: Sequence[str], condition: str
) -> str:
    """Return the query of the ``wanted`` columns, or of all, of the rows that a condition keeps.

    Args:
        table: its full name.
        condition: SQL that has been looked at (`claude_usage.filters`), or nothing.

    Raises:
        ExportError: the table has no such column.
    """
    known = columns(connection, table)
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise ExportError(f"there is no column {unknown[0]}: {', '.join(known)}")
    names = ", ".join(map(quoted, wanted or known))
    # By all columns, so that the same table is the same file.
    return f"select {names} from {table}{f' where {condition}' if condition else ''} order by all"


def write(connection: duckdb.DuckDBPyConnection, query: str, kind: Format, path: Path) -> int:
    """Write what a query answers to ``path``, which is replaced in one step; return its rows.

    Raises:
        ExportError: it has more rows than a sheet, or the folder is not there.
        OSError: it cannot be written; what was there stays.
    """
    if not path.absolute().parent.is_dir():
        raise ExportError(f"there is no folder {path.absolute().parent} to write {path.name} into")
    # A folder that is this user's alone, beside the file, so that it can be moved in one step.
    with tempfile.TemporaryDirectory(prefix=".export-", dir=path.absolute().parent) as folder:
        beside = Path(folder) / path.name
        _WRITERS[kind](connection, query, beside)
        # As open as what it replaces, else its owner's alone.
        beside.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o600)
        os.replace(beside, path)
    (count,) = connection.execute(f"select count(*) from ({query})").fetchone() or (0,)
    return int(count)


def _copy(connection: duckdb.DuckDBPyConnection, query: str, path: Path, options: str) -> None:
    connection.execute(f"copy ({query}) to {literal(str(path))} ({options})")


def _parquet(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    _copy(connection, query, path, "format parquet, compression zstd")


def _csv(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    def safe(name: str, kind: str) -> str:
        if kind != "VARCHAR":
            return name
        return f"if(regexp_matches({name}, '{_FORMULA}'), '''' || {name}, {name}) as {name}"

    _copy(connection, _changed(connection, query, safe), path, "format csv, header")


def _json(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    def exact(name: str, kind: str) -> str:
        is_decimal = kind.startswith(("DECIMAL", "HUGEINT"))
        return f"cast({name} as varchar) as {name}" if is_decimal else name

    _copy(connection, _changed(connection, query, exact), path, "format json, array true")


def _changed(
    connection: duckdb.DuckDBPyConnection, query: str, change: Callable[[str, str], str]
) -> str:
    described: Mapping[str, str] = columns(connection, f"({query})")
    return f"select {', '.join(change(quoted(n), kind) for n, kind in described.items())}" + (
        f" from ({query})"
    )


def _xlsx(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    import xlsxwriter

    (count,) = connection.execute(f"select count(*) from ({query})").fetchone() or (0,)
    if count >= MOST_ROWS_IN_A_SHEET:
        raise ExportError(
            f"{count:,} rows are more than a sheet has ({MOST_ROWS_IN_A_SHEET:,} with the header):"
            " fewer with --where, or another --format"
        )
    # Constant memory, row by row. A text is a text: no formula, no link.
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "default_date_format": "yyyy-mm-dd",
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        # The same table is the same file.
        book.set_properties({"created": datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)})
        sheet = book.add_worksheet("export")
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        answer = connection.execute(query)
        sheet.write_row(0, 0, [column[0] for column in answer.description or ()])
        sheet.freeze_panes(1, 0)
        place = 0
        while rows := answer.fetchmany(_FETCHED):
            for row in rows:
                place += 1
                for column, value in enumerate(row):
                    cell, form = _cell(value), moment if isinstance(value, datetime) else None
                    sheet.write(place, column, cell, form)


def _cell(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value) if len(value.normalize().as_tuple().digits) <= _DIGITS else str(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**_DIGITS:
        return str(value)
    if value is None or isinstance(value, bool | int | float | date):
        return value
    return str(value)


_WRITERS = {Format.CSV: _csv, Format.PARQUET: _parquet, Format.XLSX: _xlsx, Format.JSON: _json}
