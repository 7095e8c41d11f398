"""Jobs on a small warehouse: what they load, what is green, and what blocks publishing."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from data_quality import all_checks
from demo_api import DemoServer
from ingestion.windows import ONE_DAY, today
from orchestration.assets.transformations import project
from orchestration.partitions import range_tags
from tests.orchestration.conftest import DAYS, Built, Place


def spoil(place: Place, *statements: str) -> None:
    with duckdb.connect(str(place.warehouse)) as connection:
        for statement in statements:
            connection.execute(statement)


def state(place: Place) -> tuple[int, int, bytes]:
    """Return what tells whether the published file was replaced or written to."""
    found = place.published.stat()
    return found.st_ino, found.st_mtime_ns, place.published.read_bytes()


def test_jobs_load_each_day_of_a_range_and_publish_it(built: Built) -> None:
    for outcome in built.outcomes.values():
        assert outcome.success, outcome.failures
    with duckdb.connect(str(built.place.published), read_only=True) as connection:
        found = connection.execute(
            "select distinct usage_date::varchar from marts.fct_claude_code_activity_daily"
            " order by 1"
        ).fetchall()

    assert [day for (day,) in found] == DAYS


@pytest.mark.parametrize("source", ["anthropic", "github"])
def test_a_load_shows_when_its_ledger_was_written(built: Built, source: str) -> None:
    key = dg.AssetKey([f"raw_{source}", "completeness_ledger"])

    assert built.place.headless.instance.get_latest_materialization_event(key) is not None


def test_a_check_that_warns_does_not_block(built: Built) -> None:
    outcome = built.outcomes["build_marts"]

    assert outcome.success
    assert any("dim_models: model_names_are_understood" in line for line in outcome.warnings)
    assert built.place.published.exists()


def checks(path: Path) -> list[tuple[str, str | None, str, bool, datetime]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(
            "select source, table_name, check_name, is_passed, checked_at from quality.checks"
        ).fetchall()


def test_the_published_file_tells_of_all_checks_that_ran(built: Built) -> None:
    found = checks(built.place.published)
    manifest = json.loads(project.manifest_path.read_text())
    tests = {node["name"] for node in manifest["nodes"].values() if node["resource_type"] == "test"}

    assert {name for source, _, name, _, _ in found if source == "dbt"} == tests
    assert {(table, name) for source, table, name, _, _ in found if source != "dbt"} == {
        (one.table, one.name) for one in all_checks()
    }
    assert ("dim_models", "model_names_are_understood") in {
        (table, name) for _, table, name, is_passed, _ in found if not is_passed
    }


def test_checks_that_did_not_run_again_keep_their_time(place: Place) -> None:
    before = {(name, table): at for _, table, name, _, at in checks(place.published)}

    assert place.headless.run("check_and_publish", "check").success

    for source, table, name, _, at in checks(place.published):
        assert (at == before[name, table]) == (source == "dbt")


def test_a_failed_dbt_test_blocks_publishing(place: Place) -> None:
    before = state(place)
    # A page without its terminals, as no load of ours stores it.
    spoil(
        place,
        "update raw_anthropic.usage_report_claude_code"
        " set body = replace(body, 'terminal_type', 'terminal'), fetched_at = now()"
        f" where window_key = '{DAYS[0]}'",
        "update raw_anthropic.completeness_ledger set last_fetched_at = now()"
        f" where endpoint = 'usage_report_claude_code' and window_key = '{DAYS[0]}'",
    )

    outcome = place.headless.run("build_marts", "build")

    assert not outcome.success
    (failure,) = (line for line in outcome.failures if "check staging/stg_anthropic__" in line)
    assert "broken_rules required of terminal_type: " in failure
    assert state(place) == before
    # Suites that did not run say nothing of these tables.
    kept = checks(place.warehouse)
    assert {source for source, *_ in kept} == {"dbt"}
    assert not all(is_passed for *_, is_passed, _ in kept)


def test_a_failed_expectation_blocks_publishing(place: Place) -> None:
    before = state(place)
    spoil(place, "update marts.fct_billed_costs_daily set billed_cost_usd = billed_cost_usd + 1")

    outcome = place.headless.run("check_and_publish", "check")

    assert not outcome.success
    assert any(
        "fct_billed_costs_daily: billed_cost_agrees_with_raw_by_day" in line
        for line in outcome.failures
    )
    assert state(place) == before


def test_checks_that_hold_let_publishing_go_on(place: Place) -> None:
    before = state(place)

    outcome = place.headless.run("check_and_publish", "check")

    assert outcome.success, outcome.failures
    assert state(place)[:2] != before[:2]


@pytest.mark.parametrize(
    "defect",
    [
        "alter table marts.fct_billed_costs_daily rename billed_cost_usd to dollars",
        "drop table marts.dim_models",
    ],
)
def test_a_check_that_cannot_run_is_an_error_and_blocks_publishing(
    place: Place, defect: str
) -> None:
    before = state(place)
    spoil(place, defect)

    outcome = place.headless.run("check_and_publish", "check")

    assert not outcome.success
    assert any(line.startswith("great_expectations: ") for line in outcome.failures)
    assert state(place) == before


def test_a_day_that_has_not_ended_is_stored_and_not_green(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    last, now = today() - ONE_DAY, today()
    with DemoServer() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        outcome = place.headless.run("load_anthropic", "load", tags=range_tags(last, now))

    assert outcome.success, outcome.failures
    green = place.headless.instance.get_materialized_partitions(
        dg.AssetKey(["raw_anthropic", "analytics_cost"])
    )
    assert now.isoformat() not in green
    with duckdb.connect(str(place.warehouse), read_only=True) as connection:
        statuses = connection.execute(
            "select window_key, status from raw_anthropic.completeness_ledger"
            f" where endpoint = 'analytics_cost' and window_key = '{now}'"
        ).fetchall()
    assert statuses == [(now.isoformat(), "partial")]
