"""The project's own generic tests, seen failing: which column, which value and how many rows."""

from __future__ import annotations

import duckdb
import pytest
from hand_made_warehouse import PROJECT, Warehouse

ROWS = """
select * from (values
    (1, 'a', 'x', 10), (1, 'a', 'x', 20), (2, null, 'y', 30), (2, null, null, 40), (3, 'b', 'z', 50)
) as rows(number, letter, kind, amount)
"""
DECLARED = """
models:
  - name: rows
    data_tests:
      - required_columns: {name: required, arguments: {columns: [number, letter, kind, amount]}}
      - required_columns: {name: required_holds, arguments: {columns: [amount]}}
      - known_values:
          name: known
          arguments: {columns: {letter: [a], kind: [x, y]}}
      - known_values: {name: known_holds, arguments: {columns: {letter: [a, b]}}}
      - unique_grain: {name: grain, arguments: {columns: [number, letter]}}
      - unique_grain: {name: grain_holds, arguments: {columns: [number, amount]}}
"""


@pytest.fixture(scope="module")
def failures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[object, ...]]]:
    """What each test found in the same five rows."""
    folder = tmp_path_factory.mktemp("generic")
    (folder / "models").mkdir()
    (folder / "models" / "rows.sql").write_text(ROWS)
    (folder / "models" / "rows.yml").write_text(DECLARED)
    (folder / "profiles.yml").write_text((PROJECT / "profiles.yml").read_text())
    (folder / "dbt_project.yml").write_text(
        "name: generic\nprofile: claude_usage\nmodel-paths: [models]\n"
        f"macro-paths: ['{PROJECT / 'macros' / 'generic'}']\n"
        "data_tests: {+store_failures: true, +severity: warn, +schema: failures}\n"
    )
    made = Warehouse(folder, folder / "target")
    made.dbt("build", project=folder)
    with duckdb.connect(str(made.path), read_only=True) as connection:
        return {
            name: connection.execute(f"from staging_failures.{name} order by all").fetchall()
            for (name,) in connection.execute(
                "select table_name from duckdb_tables() where schema_name = 'staging_failures'"
            ).fetchall()
        }


def test_required_columns_names_each_column_with_its_nulls(
    failures: dict[str, list[tuple[object, ...]]],
) -> None:
    assert failures["required"] == [("kind", 1), ("letter", 2)]
    assert failures["required_holds"] == []


def test_known_values_names_each_column_and_value_with_its_rows(
    failures: dict[str, list[tuple[object, ...]]],
) -> None:
    assert failures["known"] == [("kind", "z", 1), ("letter", "b", 1)]
    assert failures["known_holds"] == [], "nulls are for required_columns to find"


def test_unique_grain_counts_nulls_as_equal(
    failures: dict[str, list[tuple[object, ...]]],
) -> None:
    assert failures["grain"] == [(1, "a", 2), (2, None, 2)]
    assert failures["grain_holds"] == []
