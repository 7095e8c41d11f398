"""What readers of the published file are given: saved queries, and the documentation of its tables.

In one file, so that one run of the pipeline serves both.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.end_to_end.conftest import Place, run_dbt

ROOT = Path(__file__).parents[2]
MARTS = {
    path.stem
    for layer in ("core", "marts")
    for path in (ROOT / "dbt_project" / "models" / layer).rglob("*.sql")
    if not path.stem.startswith("int_")
}
QUERIES = sorted((ROOT / "docs" / "queries").glob("*.sql"))
# What two undisturbed days have none of: four weeks and eight of history, failures, revisions,
# people who left, and a ranking that nobody asked for.
MAY_BE_EMPTY = {
    *("adoption_growth", "completeness", "failures", "leaderboard", "revisions", "who_left"),
}


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_a_query_begins_with_its_question(path: Path) -> None:
    first = path.read_text().splitlines()[0]

    assert re.fullmatch(r"-- [A-Z].*\?", first)


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_a_query_answers_from_the_published_file(path: Path, two_days: Place) -> None:
    with duckdb.connect(str(two_days.published), read_only=True) as connection:
        rows = connection.execute(path.read_text()).fetchall()

    assert rows or path.stem in MAY_BE_EMPTY


def test_the_published_file_describes_each_table_and_column(two_days: Place) -> None:
    with duckdb.connect(str(two_days.published), read_only=True) as connection:
        silent = connection.execute(
            "select table_name, null as column_name from duckdb_tables() where comment is null"
            " union all"
            " select table_name, column_name from duckdb_columns()"
            " where schema_name in ('marts', 'quality') and coalesce(comment, '') = ''"
        ).fetchall()

    assert silent == []


def test_no_comment_of_the_published_file_ends_or_begins_with_space(two_days: Place) -> None:
    with duckdb.connect(str(two_days.published), read_only=True) as connection:
        comments = connection.execute(
            "select comment from duckdb_tables() union all"
            " select comment from duckdb_columns() where schema_name in ('marts', 'quality')"
        ).fetchall()

    assert len(comments) > 500
    assert [comment for (comment,) in comments if comment != comment.strip()] == []


def test_the_published_file_tells_bi_tools_what_is_never_null_and_what_joins(
    two_days: Place,
) -> None:
    with duckdb.connect(str(two_days.published), read_only=True) as connection:
        nullable = dict(
            connection.execute(
                "select column_name, is_nullable from duckdb_columns()"
                " where table_name = 'fct_pull_requests'"
            ).fetchall()
        )
        keys = connection.execute(
            "select table_name from duckdb_constraints() where constraint_type = 'PRIMARY KEY'"
        ).fetchall()
        (table,) = connection.execute(
            "select comment from duckdb_tables() where table_name = 'fct_pull_requests'"
        ).fetchone() or ("",)
        (person,) = connection.execute(
            "select comment from duckdb_columns()"
            " where table_name = 'fct_pull_requests' and column_name = 'person_key'"
        ).fetchone() or ("",)

    assert not any(nullable[name] for name in ("person_key", "team_name", "created_date"))
    assert nullable["merged_at"]
    assert nullable["review_count"]
    # What began nobody knows when has no whole key.
    without = {"dim_team_memberships", "dim_api_key_history", "dim_workspace_member_history"}
    dimensions = {name for name in MARTS if name.startswith("dim_")} - without
    assert {name for (name,) in keys} == dimensions
    assert table.endswith(" Key: repository, pull_request_number.")
    assert person.endswith(" Joins dim_people.person_key.")


def test_only_the_question_of_overlapping_teams_joins_by_days() -> None:
    joining = {
        path.stem
        for path in QUERIES
        if re.search(r"^ +on .*(\n +and .*)*[<>]", path.read_text(), re.MULTILINE)
    }

    assert joining == {"spend_by_overlapping_team"}


def test_no_query_reads_more_than_the_marts() -> None:
    for path in QUERIES:
        for schema in re.findall(r"(?:from|join)\s+(\w+)\.\w", path.read_text()):
            assert schema == "marts", path.stem


@pytest.fixture(scope="module")
def docs(tmp_path_factory: pytest.TempPathFactory, two_days: Place) -> Path:
    """The folder that `dbt docs generate` has filled."""
    folder = tmp_path_factory.mktemp("docs")
    return run_dbt(two_days.warehouse, folder, "docs", "generate", "--static")


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def test_the_documentation_is_one_page(docs: Path) -> None:
    page = (docs / "static_index.html").read_text()

    assert "adoption_daily" in page


def test_each_column_of_each_mart_in_the_warehouse_is_described(docs: Path) -> None:
    manifest, catalog = read(docs / "manifest.json"), read(docs / "catalog.json")
    assert not catalog["errors"]
    marts = {
        key: node
        for key, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and node["schema"] == "marts"
    }

    assert marts.keys() <= catalog["nodes"].keys()
    for key, node in marts.items():
        built = {name.lower() for name in catalog["nodes"][key]["columns"]}
        described = {name for name, column in node["columns"].items() if column["description"]}
        assert node["description"], key
        assert built == described, key


def test_the_exposures_name_what_is_read(docs: Path) -> None:
    exposures = read(docs / "manifest.json")["exposures"]
    named = {
        exposure["name"]: {key.split(".")[-1] for key in exposure["depends_on"]["nodes"]}
        for exposure in exposures.values()
    }
    queries = (path.read_text() for path in QUERIES)

    assert named["published_file"] == MARTS
    assert named["example_queries"] == {
        table for query in queries for table in re.findall(r"marts\.(\w+)", query)
    }


def test_each_measure_and_dimension_is_in_its_mart(docs: Path, two_days: Place) -> None:
    models = read(docs / "semantic_manifest.json")["semantic_models"]
    assert models

    with duckdb.connect(str(two_days.warehouse), read_only=True) as connection:
        for model in models:
            fields = [*model["measures"], *model["dimensions"], *model["entities"]]
            shown = ", ".join(field["expr"] or field["name"] for field in fields)
            relation = model["node_relation"]
            table = f"{relation['schema_name']}.{relation['alias']}"
            connection.execute(f"select {shown} from {table} limit 0")
