"""What every model and every mart must have, read from dbt's manifest."""

from __future__ import annotations

import json
from typing import Any

import pytest

from orchestration.assets.transformations import project


def _manifest() -> dict[str, Any]:
    # Importing the assets has parsed the project when a file of it is newer than its manifest.
    found: dict[str, Any] = json.loads(project.manifest_path.read_text())
    return found


MANIFEST = _manifest()
NODES = MANIFEST["nodes"].values()
MODELS = {node["name"]: node for node in NODES if node["resource_type"] == "model"}
MARTS = {name: node for name, node in MODELS.items() if node["schema"] == "marts"}


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_model_says_what_one_row_is(name: str) -> None:
    assert MODELS[name]["description"].startswith("One row per ")


@pytest.mark.parametrize("name", sorted(MARTS))
def test_a_mart_has_a_contract_with_each_column_typed_and_described(name: str) -> None:
    assert MARTS[name]["config"]["contract"]["enforced"]
    assert MARTS[name]["columns"]
    for column in MARTS[name]["columns"].values():
        assert column["data_type"], column["name"]
        assert column["description"].strip(), column["name"]


# Intermediate models may hold several equal rows: a rule can match a line twice.
@pytest.mark.parametrize(
    "name", sorted(name for name, node in MODELS.items() if node["schema"] != "intermediate")
)
def test_a_staging_model_or_mart_has_a_test_of_its_grain(name: str) -> None:
    rules = [
        test["test_metadata"]["kwargs"]
        for test in NODES
        if test["resource_type"] == "test"
        and test.get("attached_node") == MODELS[name]["unique_id"]
        and test["test_metadata"]["name"] == "row_rules"
    ]

    assert [one for one in rules if one.get("grain") or one.get("unique")]


def test_a_median_says_whether_it_rests_on_few() -> None:
    # The comparison shows none of fewer than its minimum.
    columns = {
        (name, column)
        for name, node in MARTS.items()
        for column in node["columns"]
        if name != "contribution_comparison"
    }
    medians = {(name, column) for name, column in columns if column.startswith("median_")}
    marks = {(name, column) for name, column in medians if column.endswith("_is_of_few")}

    assert len(marks) >= 8
    assert marks == {(name, f"{column}_is_of_few") for name, column in medians - marks}


def test_no_mart_reads_a_raw_table() -> None:
    for node in MARTS.values():
        assert not [one for one in node["depends_on"]["nodes"] if one.startswith("source.")]


def test_each_raw_table_that_ingestion_makes_is_a_source() -> None:
    from ingestion import raw

    made = {(f"raw_{table.source}", table.name) for table in raw.TABLES}
    kept = {
        (f"raw_{source}", table) for source, tables in raw.KEPT_BY_LOADS.items() for table in tables
    }

    assert made | kept == {
        (source["schema"], source["identifier"]) for source in MANIFEST["sources"].values()
    }
