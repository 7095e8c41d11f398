"""What every model and every mart must have, read from dbt's manifest."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from data_quality import SUITES
from data_quality.checks import ExpectationCheck
from ingestion.sources import SOURCES
from orchestration.assets.transformations import project
from orchestration.dbt_tests import description


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


@pytest.mark.parametrize(
    "name", sorted(node["name"] for node in NODES if node["resource_type"] == "test")
)
def test_a_test_says_what_must_hold(name: str) -> None:
    (test,) = (node for node in NODES if node["name"] == name)

    assert re.fullmatch(r"\S.*\.", description(test))


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


# In the order in which they may read each other: docs/decisions/0031.
LAYERS = ("staging", "intermediate", "core", "marts")
CORE = ("people", "reports", "usage", "cost", "contributions", "directory")


def _place(node: dict[str, Any]) -> tuple[int, int]:
    """Return how far on a model is: its layer and, in core, its subject."""
    _, layer, subject, *_ = node["fqn"]
    return LAYERS.index(layer), CORE.index(subject) if layer == "core" else 0


def _parents(node: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a model is made of: models and seeds, not raw tables."""
    found = MANIFEST["nodes"]
    return [found[one] for one in node["depends_on"]["nodes"] if one in found]


def _edges() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for child in MODELS.values():
        for parent in _parents(child):
            if parent["resource_type"] == "model":
                yield parent, child


def test_no_model_reads_one_further_on() -> None:
    climbing = {
        (parent["name"], child["name"])
        for parent, child in _edges()
        if _place(parent) > _place(child)
    }

    assert climbing == set()


def test_staging_alone_reads_raw_tables_and_no_mart_reads_staging() -> None:
    for node in MODELS.values():
        reads_raw = any(one.startswith("source.") for one in node["depends_on"]["nodes"])
        assert not reads_raw or node["fqn"][1] == "staging", node["name"]
    assert {
        (parent["name"], child["name"])
        for parent, child in _edges()
        if (parent["fqn"][1], child["fqn"][1]) == ("staging", "marts")
    } == set()


def test_a_helper_stands_beside_what_it_helps() -> None:
    for name, node in MODELS.items():
        layer, folder = node["fqn"][1], node["fqn"][-2]
        is_step = layer == "intermediate" or folder == "helpers"
        assert name.startswith("int_") == is_step, name
        assert (node["schema"] == "intermediate") == is_step, name
    for parent, child in _edges():
        if parent["fqn"][1] == "marts" and parent["fqn"][-2] == "helpers":
            assert child["fqn"][1:3] == parent["fqn"][1:3], (parent["name"], child["name"])


def _is_built_by_days(node: dict[str, Any]) -> bool:
    config = node["config"]
    return (config["materialized"], config.get("incremental_strategy")) == (
        "incremental",
        "changed_days",
    )


def _without_days(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what a model is made of that is not built by days, views seen through."""
    for parent in _parents(node):
        if parent["config"]["materialized"] == "view":
            yield from _without_days(parent)
        elif not _is_built_by_days(parent):
            yield parent


def _fingerprinted(node: dict[str, Any]) -> set[str]:
    return set(re.findall(r"'(\w+)' as input", node["raw_code"]))


def _holds_fingerprints(node: dict[str, Any]) -> bool:
    return bool(node["config"].get("meta", {}).get("holds_day_fingerprints"))


@pytest.mark.parametrize(
    "name",
    sorted(
        name
        for name, node in MODELS.items()
        if _is_built_by_days(node) and node["config"]["unique_key"] != "window_key"
    ),
)
def test_each_table_that_a_model_by_days_reads_has_a_fingerprint(name: str) -> None:
    fingerprinted = set().union(
        *(_fingerprinted(one) for one in _parents(MODELS[name]) if _holds_fingerprints(one))
    )

    assert fingerprinted
    assert {
        one["name"] for one in _without_days(MODELS[name]) if not _holds_fingerprints(one)
    } <= fingerprinted


def test_a_fingerprint_is_of_a_table_that_is_read_for_it() -> None:
    for node in filter(_holds_fingerprints, MODELS.values()):
        assert _fingerprinted(node) <= {one["name"] for one in _parents(node)}


def test_pages_that_are_staged_by_days_are_of_one_report() -> None:
    for node in MODELS.values():
        if _is_built_by_days(node) and node["config"]["unique_key"] == "window_key":
            (only,) = node["depends_on"]["nodes"]
            assert only.startswith("source."), node["name"]


BEYOND_STAGING = {name: node for name, node in MODELS.items() if node["fqn"][1] != "staging"}


def test_a_model_is_sql_and_not_one_macro_call() -> None:
    for name, node in BEYOND_STAGING.items():
        assert node["language"] == "python" or re.search(r"^ *select\b", node["raw_code"], re.M), (
            name
        )


def test_a_long_model_says_why_it_is_not_two() -> None:
    for name, node in BEYOND_STAGING.items():
        is_long = node["raw_code"].count("\n") >= 200
        assert not is_long or re.search(r"^-- Long: .+\.$", node["raw_code"], re.M), name


def test_contributions_are_counted_alike_by_week_and_by_month() -> None:
    by_week, by_month = (
        MODELS[f"contributions_{period}"]["raw_code"].split("\n", 1)[1]
        for period in ("weekly", "monthly")
    )

    assert by_week.replace("week", "month") == by_month


def test_who_is_a_person_and_which_organisation_a_report_is_of_are_told_once() -> None:
    people = {name for name, node in MODELS.items() if "'former_member', 'gu" in node["raw_code"]}
    kinds = {
        name
        for name, node in MODELS.items()
        if re.search(r"(cost_source|source_report)\W+(like )?'enterprise", node["raw_code"])
    }

    assert (people, kinds) == ({"int_people_known"}, set())


def test_each_raw_table_that_ingestion_makes_is_a_source() -> None:
    made = {
        (source.schema, table.name)
        for source in SOURCES
        for table in (*source.tables, *source.kept)
    }

    assert made == {
        (source["schema"], source["identifier"]) for source in MANIFEST["sources"].values()
    }
