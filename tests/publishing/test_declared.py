"""What the published file says of its tables besides their rows: nulls, keys, joins, comments."""

from __future__ import annotations

import json
import re
from pathlib import Path

import duckdb
import pytest

from orchestration.assets.transformations import project
from publishing import Declared, Privacy, PublishError, declared_tables, publish

KEY = "0123456789abcdef"
DECLARED = {
    "dim_people": Declared({"person_key", "email_address"}, ("person_key",)),
    "fct_costs": Declared(
        {"person_key", "usage_date"},
        ("usage_date", "person_key"),
        {"person_key": "dim_people.person_key"},
    ),
    "not_built_yet": Declared({"x"}, ("x",)),
}


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.dim_people as select 'p' || i as person_key,"
            " 'p' || i || '@acme.test' as email_address, 'member' as person_kind"
            " from range(9) numbers(i)"
        )
        connection.execute(
            "create table marts.fct_costs as select date '2026-11-01' as usage_date,"
            " 'p' || i as person_key, 1.5 as cost_usd from range(9) numbers(i)"
        )
        connection.execute("comment on table marts.fct_costs is 'One row per day and person.'")
        connection.execute("comment on column marts.fct_costs.person_key is 'Who it was.'")
    return path


def read(path: Path, query: str) -> list[tuple]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


def never_null(path: Path) -> set[str]:
    return {
        name
        for (name,) in read(
            path,
            "select table_name || '.' || column_name from duckdb_columns()"
            " where schema_name = 'marts' and not is_nullable",
        )
    }


def test_what_is_never_null_keys_and_joins_are_told(warehouse: Path, tmp_path: Path) -> None:
    target = tmp_path / "claude_usage.duckdb"
    publish(warehouse, target, declared=DECLARED)

    assert never_null(target) == {
        *("dim_people.person_key", "dim_people.email_address"),
        *("fct_costs.person_key", "fct_costs.usage_date"),
    }
    keys = "select table_name, constraint_column_names from duckdb_constraints() where"
    assert read(target, f"{keys} constraint_type = 'PRIMARY KEY'") == [
        ("dim_people", ["person_key"])
    ]
    tables = (
        "select table_name, comment from duckdb_tables() where schema_name = 'marts'"
        " order by table_name"
    )
    assert read(target, tables) == [
        ("dim_people", "Key: person_key."),
        ("fct_costs", "One row per day and person. Key: usage_date, person_key."),
    ]
    columns = (
        "select column_name, comment from duckdb_columns()"
        " where table_name = 'fct_costs' and comment is not null"
    )
    assert read(target, columns) == [("person_key", "Who it was. Joins dim_people.person_key.")]
    for table in ("dim_people", "fct_costs"):
        rows = f"from marts.{table}"
        assert read(target, rows) == read(warehouse, rows)


def test_what_a_level_empties_may_be_null(warehouse: Path, tmp_path: Path) -> None:
    target = tmp_path / "claude_usage.duckdb"
    publish(warehouse, target, Privacy("pseudonymous", KEY), declared=DECLARED)
    assert never_null(target) == {
        *("dim_people.person_key", "fct_costs.person_key", "fct_costs.usage_date")
    }
    assert read(target, "select count(*), count(email_address) from marts.dim_people") == [(9, 0)]

    publish(warehouse, target, Privacy("team"), declared=DECLARED)
    assert never_null(target) == set()
    assert read(target, "select comment from duckdb_tables() where table_name = 'fct_costs'") == [
        ("One row per day and person.",)
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "update marts.fct_costs set usage_date = null where person_key = 'p3'",
            "fct_costs is not .*usage_date",
        ),
        (
            "insert into marts.dim_people from marts.dim_people limit 1",
            "dim_people is not .*duplicate key",
        ),
    ],
)
def test_what_breaks_its_declaration_is_not_published(
    warehouse: Path, tmp_path: Path, change: str, said: str
) -> None:
    target = tmp_path / "claude_usage.duckdb"
    publish(warehouse, target, declared=DECLARED)
    before = target.read_bytes()
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(change)

    with pytest.raises(PublishError, match=said):
        publish(warehouse, target, declared=DECLARED)
    assert target.read_bytes() == before


def test_the_projects_tests_are_what_is_declared() -> None:
    declared = declared_tables(json.loads(project.manifest_path.read_text()))

    pulls = declared["fct_pull_requests"]
    assert pulls.key == ("repository", "pull_request_number")
    assert pulls.joins["person_key"] == "dim_people.person_key"
    assert {"team_name", "cost_center", "created_date"} <= pulls.required
    # Never null of merged ones alone.
    assert "merged_at" not in pulls.required
    assert not any(re.match("stg_|int_", table) for table in declared)
    assert all(one.key for one in declared.values())


def test_a_table_that_no_model_makes_any_more_is_not_published(
    warehouse: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create table marts.of_before as select 1 as x")
        connection.execute("comment on column marts.of_before.x is 'what it was'")
    target = tmp_path / "claude_usage.duckdb"

    published = publish(warehouse, target, declared=DECLARED)

    assert published.tables == ("dim_people", "fct_costs")
    assert "of_before" in caplog.text
