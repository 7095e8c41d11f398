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
  - name: there
  - name: rows
    data_tests:
      - row_rules: {name: required, arguments: {required: [number, letter, kind, amount]}}
      - row_rules: {name: required_holds, arguments: {required: [amount]}}
      - row_rules: {name: known, arguments: {known: {letter: [a], kind: [x, y]}}}
      - row_rules: {name: known_holds, arguments: {known: {letter: [a, b]}}}
      - row_rules: {name: grain, arguments: {grain: [number, letter]}}
      - row_rules: {name: grain_holds, arguments: {grain: [number, amount]}}
      - row_rules: {name: each_unique, arguments: {unique: [number, amount, kind]}}
      - row_rules:
          name: all_at_once
          arguments:
            grain: [number]
            unique: [kind]
            required: [kind, amount]
            known: {letter: [a]}
      - joins:
          name: joined
          arguments:
            columns:
              letter: {to: ref('there'), field: name}
              amount: {to: ref('there'), field: number}
      - joins:
          name: joined_holds
          arguments: {columns: {number: {to: ref('there'), field: number}}}
"""
THERE = "select * from (values (1, 'a'), (2, 'c'), (3, null), (10, 'd')) as rows(number, name)"


@pytest.fixture(scope="module")
def failures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[object, ...]]]:
    """What each test found in the same five rows."""
    folder = tmp_path_factory.mktemp("generic")
    (folder / "models").mkdir()
    (folder / "models" / "rows.sql").write_text(ROWS)
    (folder / "models" / "there.sql").write_text(THERE)
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


def test_required_names_each_column_with_its_nulls(
    failures: dict[str, list[tuple[object, ...]]],
) -> None:
    assert failures["required"] == [
        ("required", "kind", "null", 1),
        ("required", "letter", "null", 2),
    ]
    assert failures["required_holds"] == []


def test_known_names_each_column_and_value_with_its_rows(
    failures: dict[str, list[tuple[object, ...]]],
) -> None:
    assert failures["known"] == [("known", "kind", "z", 1), ("known", "letter", "b", 1)]
    assert failures["known_holds"] == [], "nulls are for `required` to find"


def test_grain_counts_nulls_as_equal(failures: dict[str, list[tuple[object, ...]]]) -> None:
    assert failures["grain"] == [
        ("grain", "number, letter", "1, a", 2),
        ("grain", "number, letter", "2, null", 2),
    ]
    assert failures["grain_holds"] == []


def test_unique_is_asked_of_each_column_by_itself(
    failures: dict[str, list[tuple[object, ...]]],
) -> None:
    assert failures["each_unique"] == [
        ("unique", "kind", "x", 2),
        ("unique", "number", "1", 2),
        ("unique", "number", "2", 2),
    ]


def test_one_test_of_many_rules_says_which_were_broken(
    failures: dict[str, list[tuple[object, ...]]],
) -> None:
    assert failures["all_at_once"] == [
        ("grain", "number", "1", 2),
        ("grain", "number", "2", 2),
        ("known", "letter", "b", 1),
        ("required", "kind", "null", 1),
        ("unique", "kind", "x", 2),
    ]


def test_joins_names_each_column_and_value_that_is_not_there(
    failures: dict[str, list[tuple[object, ...]]],
) -> None:
    assert failures["joined"] == [
        ("joins", "amount", "20", 1),
        ("joins", "amount", "30", 1),
        ("joins", "amount", "40", 1),
        ("joins", "amount", "50", 1),
        ("joins", "letter", "b", 1),
    ], "nulls join nothing, and a null there is no match"
    assert failures["joined_holds"] == []
