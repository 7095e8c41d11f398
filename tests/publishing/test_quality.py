"""What the published file tells of itself: when it was published, for whom, what was checked."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import duckdb
import pytest

from data_quality import KeptResult, forget_results, keep_results
from publishing import Privacy, publish
from publishing.privacy import Level
from publishing.quality import TABLES

KEY = "0123456789abcdef"
ADDRESS = "ada@example.com"
LEVELS: tuple[Level, ...] = ("named", "pseudonymous", "team")
RESULTS = [
    KeptResult("dim_people", "person_key_is_never_null", "Never null.", "error", True, 0),
    KeptResult("dim_models", "names_are_understood", "Names are known.", "warn", False, 3),
]


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts; create table marts.dim_dates as select 1 as n")
    return path


def read(path: Path, query: str) -> list[tuple]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.parametrize("level", LEVELS)
def test_the_file_says_when_it_was_published_and_what_it_leaves_out(
    warehouse: Path, tmp_path: Path, level: Level
) -> None:
    target, before = tmp_path / "claude_usage.duckdb", datetime.now(UTC)
    published = publish(warehouse, target, Privacy(level, KEY, 7))

    ((at, *said),) = read(target, "from quality.published_file")
    assert before <= at.replace(tzinfo=UTC) == published.published_at <= datetime.now(UTC)
    assert said == [level, 7 if level == "team" else None, version("claude-usage"), "v1.2.0"]


def test_the_last_results_of_each_source_are_published(warehouse: Path, tmp_path: Path) -> None:
    target = tmp_path / "claude_usage.duckdb"
    keep_results(warehouse, "dbt", [KeptResult(None, "old", "Gone.", "error", False, 1)])
    keep_results(warehouse, "great_expectations", RESULTS)
    keep_results(warehouse, "dbt", [KeptResult(None, "adds_up", "Adds up.", "error", True, None)])
    publish(warehouse, target)

    rows = read(target, "select * exclude (checked_at) from quality.checks")
    assert rows == [
        ("dbt", None, "adds_up", "Adds up.", "error", True, True, None),
        *[
            ("great_expectations", table, name, text, severity, severity == "error", is_passed, n)
            for table, name, text, severity, is_passed, n in (
                tuple(vars(one).values()) for one in reversed(RESULTS)
            )
        ],
    ]
    # The marts are no others for it.
    assert read(target, "select distinct schema_name from duckdb_tables() order by 1") == [
        ("marts",),
        ("quality",),
    ]


def test_each_check_says_when_it_ran(warehouse: Path, tmp_path: Path) -> None:
    target = tmp_path / "claude_usage.duckdb"
    keep_results(warehouse, "great_expectations", RESULTS)
    between = datetime.now(UTC).replace(tzinfo=None)
    keep_results(warehouse, "dbt", RESULTS)
    publish(warehouse, target)

    times = dict(read(target, "select source, max(checked_at) from quality.checks group by 1"))
    assert times["great_expectations"] < between < times["dbt"]


def test_without_results_the_table_is_empty(warehouse: Path, tmp_path: Path) -> None:
    target = tmp_path / "claude_usage.duckdb"
    publish(warehouse, target)
    assert read(target, "from quality.checks") == []

    keep_results(warehouse, "dbt", RESULTS)
    forget_results(warehouse)
    publish(warehouse, target)
    assert read(target, "from quality.checks") == []


def test_what_a_check_found_before_is_kept_in_stretches(warehouse: Path, tmp_path: Path) -> None:
    target = tmp_path / "claude_usage.duckdb"
    for count in (0, 3, 3, 5, 0):
        found = KeptResult("dim_models", "names_are_understood", "…", "warn", not count, count)
        forget_results(warehouse)
        keep_results(warehouse, "great_expectations", [found])
        # Another one of the same name, which always holds.
        keep_results(
            warehouse, "dbt", [KeptResult(None, found.check_name, "…", "error", True, None)]
        )
    publish(warehouse, target)

    rows = read(
        target,
        "select source, failing_row_count, is_passed, run_count,"
        " first_checked_at < last_checked_at from quality.check_history order by first_checked_at",
    )
    assert [row[1:] for row in rows if row[0] == "great_expectations"] == [
        (0, True, 1, False),
        (3, False, 2, True),
        (5, False, 1, False),
        (0, True, 1, False),
    ]
    assert [row[1:] for row in rows if row[0] == "dbt"] == [(None, True, 5, True)]


@pytest.mark.parametrize("level", LEVELS)
def test_only_listed_columns_are_published(warehouse: Path, tmp_path: Path, level: Level) -> None:
    target = tmp_path / "claude_usage.duckdb"
    keep_results(warehouse, "great_expectations", RESULTS)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            f"alter table quality.checks add column examples varchar default '{ADDRESS}'"
        )
        connection.execute(f"create table quality.people as select '{ADDRESS}' as address")
    publish(warehouse, target, Privacy(level, KEY))

    columns = read(
        target,
        "select table_name, list(column_name order by column_index) from duckdb_columns()"
        " where schema_name = 'quality' group by all order by all",
    )
    assert columns == [(name, list(table.columns)) for name, table in sorted(TABLES.items())]
    assert ADDRESS.encode() not in target.read_bytes()


def test_each_table_and_column_is_described(warehouse: Path, tmp_path: Path) -> None:
    target = tmp_path / "claude_usage.duckdb"
    publish(warehouse, target)
    tables = read(target, "select comment from duckdb_tables() where schema_name = 'quality'")
    columns = read(target, "select comment from duckdb_columns() where schema_name = 'quality'")

    assert [comment for (comment,) in tables if not comment.startswith("One row")] == []
    assert all(comment.endswith(".") for (comment,) in [*tables, *columns])
