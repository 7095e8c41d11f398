"""What every model and every mart must have, read from dbt's manifest."""

from __future__ import annotations

import json
from typing import Any

import pytest

from data_quality import SUITES
from data_quality.checks import ExpectationCheck
from orchestration.assets.transformations import project


def _manifest() -> dict[str, Any]:
    # Importing the assets has parsed the project when a file of it is newer than its manifest.
    found: dict[str, Any] = json.loads(project.manifest_path.read_text())
    return found


MANIFEST = _manifest()
NODES = MANIFEST["nodes"].values()
MODELS = {node["name"]: node for node in NODES if node["resource_type"] == "model"}
MARTS = {name: node for name, node in MODELS.items() if node["schema"] == "marts"}


def _rules() -> dict[str, dict[str, Any]]:
    """Return the rules of the rows of each table that block, by its name."""
    return {
        MANIFEST["nodes"][test["attached_node"]]["name"]: test["test_metadata"]["kwargs"]
        for test in NODES
        if (test.get("test_metadata") or {}).get("name") == "row_rules"
        and test["config"]["severity"].lower() == "error"
        and not test["config"].get("where")
    }


RULES = _rules()
# What the suites of Great Expectations leave to dbt, which sees it first: columns never null.
LEFT_TO_DBT = {
    "data_completeness": {"window_key"},
    "fct_claude_code_activity_daily": {"is_complete_day", "actor_key", "person_key"},
    "fct_claude_code_tool_actions_daily": {"tool_name"},
    "fct_claude_code_model_usage_daily": {"model", "is_complete_day"},
    "fct_message_usage_daily": {"workspace_id", "model", "person_key", "is_complete_day"},
    "fct_billed_costs_daily": {"workspace_id", "cost_type", "person_key", "is_complete_day"},
    "report_revisions": {"metric", "figure"},
    "fct_commits": {"person_key", "claude_attribution"},
    "fct_pull_requests": {"person_key", "claude_attribution"},
    "fct_attribution_evidence": {"rule"},
    "contributions_weekly": {"week_start_date", "is_complete_week"},
    "dim_people": {"person_key", "person_kind"},
    "dim_claude_code_actors": {"actor_key", "person_key"},
    "dim_repositories": {"repository"},
    "dim_workspaces": {"workspace_name"},
    "dim_api_keys": {"api_key_status"},
    "dim_models": {"model_family"},
    "dim_dates": {"week_start_date"},
}
# And columns with known values.
KNOWN_TO_DBT = {
    "data_completeness": {"completeness_status"},
    "fct_claude_code_activity_daily": {"source_report"},
    "claude_code_activity_set_aside_daily": {"counting_rule"},
    "report_revisions": {"unit"},
    "fct_commits": {"claude_attribution", "attribution_confidence"},
    "fct_pull_requests": {"claude_attribution", "attribution_confidence", "pull_request_state"},
    "fct_attribution_evidence": {"subject_type", "confidence"},
}


@pytest.mark.parametrize("name", sorted(LEFT_TO_DBT | KNOWN_TO_DBT))
def test_what_the_suites_leave_to_dbt_is_a_rule_there(name: str) -> None:
    assert LEFT_TO_DBT.get(name, set()) <= set(RULES[name]["required"])
    assert KNOWN_TO_DBT.get(name, set()) <= RULES[name].get("known", {}).keys()


def test_no_check_of_the_suites_repeats_a_rule_of_dbt() -> None:
    repeated = {
        f"{suite.table}.{check.name}"
        for suite in SUITES
        for check in suite.checks
        if isinstance(check, ExpectationCheck) and _is_rule(suite.table, check)
    }

    assert repeated == set()


def _is_rule(table: str, check: ExpectationCheck) -> bool:
    rules, column = RULES.get(table, {}), check.arguments.get("column")
    if check.expectation == "ExpectColumnValuesToNotBeNull":
        return column in rules.get("required", ())
    return check.expectation == "ExpectColumnValuesToBeInSet" and column in rules.get("known", {})


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
    assert RULES[name].get("grain") or RULES[name].get("unique")


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
