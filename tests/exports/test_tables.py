"""A table as a file: every value comes back as it was, and none of them is run."""

from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from exports import published, tables
from exports.published import ExportError
from exports.tables import Format
from tests.exports.conftest import HOSTILE

BIG = 170141183460469231731687303715884105727
LONG = Decimal("12345678901234567890.123456789012")


def write(
    file: Path, kind: Format, to: Path, columns: Sequence[str] = (), condition: str = ""
) -> Path:
    with published.opened(file) as connection:
        table = published.tables(connection)["people"]
        query = tables.selected(connection, table, columns, condition)
        assert tables.write(connection, query, kind, to) == 3 - bool(condition)
    return to


def test_parquet_has_the_types_of_the_table(published_file: Path, tmp_path: Path) -> None:
    read = pq.read_table(write(published_file, Format.PARQUET, tmp_path / "a.parquet"))

    rows = {row["name"]: row for row in read.to_pylist()}
    assert rows["-1"]["cost_usd"] == LONG
    assert rows[HOSTILE]["day"] == date(2026, 10, 1)
    assert rows[HOSTILE]["tags"] == ["a", "b"]
    assert rows[None] == dict.fromkeys(read.column_names)


def test_csv_is_exact_and_no_cell_is_a_formula(published_file: Path, tmp_path: Path) -> None:
    path = write(published_file, Format.CSV, tmp_path / "a.csv")

    with path.open(newline="") as file:
        rows = {row["name"]: row for row in csv.DictReader(file)}
    assert set(rows) == {f"'{HOSTILE}", "'-1", ""}
    assert rows["'-1"]["cost_usd"] == str(LONG)
    assert rows["'-1"]["big"] == str(BIG)
    assert rows[f"'{HOSTILE}"]["cost_usd"] == "0.100000000000"


def test_json_has_money_as_text(published_file: Path, tmp_path: Path) -> None:
    rows = json.loads(write(published_file, Format.JSON, tmp_path / "a.json").read_text())

    by_name = {row["name"]: row for row in rows}
    assert by_name["-1"]["cost_usd"] == str(LONG)
    assert by_name["-1"]["big"] == str(BIG)
    assert by_name[HOSTILE]["is_member"] is True
    assert by_name[None]["cost_usd"] is None


def test_a_workbook_has_numbers_up_to_what_excel_keeps(
    published_file: Path, tmp_path: Path
) -> None:
    path = write(published_file, Format.XLSX, tmp_path / "a.xlsx")

    with zipfile.ZipFile(path) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "<v>0.1</v>" in sheet
    assert f"<t>{LONG}</t>" in sheet
    assert f"<t>{BIG}</t>" in sheet
    again = write(published_file, Format.XLSX, tmp_path / "b.xlsx")
    assert again.read_bytes() == path.read_bytes()


def test_a_sheet_with_too_many_rows_is_refused(
    published_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "MOST_ROWS_IN_A_SHEET", 3)
    target = tmp_path / "a.xlsx"
    target.write_text("before")

    with pytest.raises(ExportError, match="--where"):
        write(published_file, Format.XLSX, target)
    assert target.read_text() == "before"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_columns_and_rows_are_chosen(published_file: Path, tmp_path: Path) -> None:
    path = write(
        published_file, Format.CSV, tmp_path / "a.csv", ("day", "cost_usd"), "day is not null"
    )
    assert path.read_text().splitlines()[0] == "day,cost_usd"
    with pytest.raises(ExportError, match="no column x"):
        write(published_file, Format.CSV, tmp_path / "b.csv", ("x",))


def test_what_is_no_published_file_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("text")
    for path in (other, tmp_path / "none"):
        with pytest.raises(ExportError), published.opened(path):
            pass


def test_only_marts_and_quality_are_there(published_file: Path) -> None:
    with published.opened(published_file) as connection:
        assert list(published.tables(connection)) == [
            "dim_workspaces",
            "fct_billed_costs_daily",
            "people",
            "quality.checks",
            "quality.published_file",
        ]


def test_a_moment_stays_one(published_file: Path, tmp_path: Path) -> None:
    read = pq.read_table(write(published_file, Format.PARQUET, tmp_path / "a.parquet"))
    assert datetime(2026, 10, 1, 10) in read["seen"].to_pylist()


def test_a_file_is_as_open_as_what_it_replaces(published_file: Path, tmp_path: Path) -> None:
    path = write(published_file, Format.CSV, tmp_path / "a.csv")
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    assert write(published_file, Format.CSV, path).stat().st_mode & 0o777 == 0o640
