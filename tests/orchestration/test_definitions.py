"""The graph as a whole: it loads without secrets, is connected, and does not change unnoticed."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from data_quality import all_checks
from ingestion.anthropic.endpoints import REPORTS, SUCCESSORS
from ingestion.anthropic.source import ANTHROPIC
from ingestion.sources import SOURCES
from orchestration import automation
from orchestration.assets.backfill import KEY as BACKFILL
from orchestration.assets.results import DAILY
from orchestration.definitions import defs
from orchestration.partitions import (
    FIRST_DAY,
    RANGE_END_TAG,
    RANGE_START_TAG,
    daily,
    past_days,
)

SNAPSHOT = Path(__file__).with_name("asset_keys.txt")
ROOT = Path(__file__).parents[2]
PUBLISHED = dg.AssetKey(["published", "claude_usage"])
LAYERS = [
    "backfill",
    "raw_anthropic",
    "raw_github",
    "raw_litellm",
    "raw_telemetry",
    "raw_local",
    "staging",
    "intermediate",
    "marts",
    "published",
]
FRESH = {
    *("raw_anthropic", "raw_github", "raw_litellm", "raw_telemetry", "raw_local"),
    *("marts", "published"),
}


@pytest.fixture(scope="module")
def graph() -> dg.AssetGraph:
    return defs.resolve_asset_graph()


# Prints what lies where definitions were loaded, and each process that this has started.
LOAD = """
import os, sys
started = []
sys.addaudithook(lambda event, of: event == "subprocess.Popen" and started.append(of[:2]))
import dagster as dg
from orchestration.definitions import defs
dg.Definitions.validate_loadable(defs)
print(sorted(os.listdir(".")), [one for one in started if "dbt" in str(one)])
"""


def test_definitions_load_without_environment_and_write_nothing_where_they_are_loaded(
    tmp_path: Path,
) -> None:
    """Nor is dbt started, which would parse the project, since this process has had it parsed."""

    finished = subprocess.run(
        [sys.executable, "-c", LOAD],
        # What an interpreter needs to start, and the place of packages; no setting of ours.
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.strip() == "[] []"


def test_asset_keys_are_those_of_the_snapshot(graph: dg.AssetGraph) -> None:
    keys = sorted(key.to_user_string() for key in graph.get_all_asset_keys())

    if os.environ.get("RENEW_SNAPSHOTS"):
        SNAPSHOT.write_text("\n".join(keys) + "\n")
    assert keys == SNAPSHOT.read_text().split(), (
        "assets came, went or were renamed, and their history and readers with them; if that is"
        " meant: RENEW_SNAPSHOTS=1 pytest tests/orchestration/test_definitions.py"
    )


def test_every_asset_has_a_layer_and_a_description(graph: dg.AssetGraph) -> None:
    for key in graph.get_all_asset_keys():
        assert graph.get(key).group_name == key.path[0]
        assert key.path[0] in LAYERS
        assert graph.get(key).description, key.to_user_string()


def test_every_raw_table_leads_to_the_published_file(graph: dg.AssetGraph) -> None:
    upstream = graph.get_ancestor_asset_keys(PUBLISHED)
    raw = {key for key in graph.get_all_asset_keys() if key.path[0].startswith("raw_")}

    assert raw <= upstream
    assert {key.path[0] for key in upstream} == set(LAYERS) - {"published"}


def test_every_mart_is_published_and_reads_no_raw_table(graph: dg.AssetGraph) -> None:
    marts = {key for key in graph.get_all_asset_keys() if key.path[0] == "marts"}

    assert graph.get(PUBLISHED).parent_keys == marts
    for mart in marts:
        layers = {parent.path[0] for parent in graph.get(mart).parent_keys}
        assert layers <= {"staging", "intermediate", "marts"}


def test_only_raw_tables_and_seeds_begin_a_line(graph: dg.AssetGraph) -> None:
    roots = {key for key in graph.get_all_asset_keys() if not graph.get(key).parent_keys}

    loaded = ("raw_", "backfill")
    assert {key.path[-1] for key in roots if not key.path[0].startswith(loaded)} == {
        seed.stem for seed in (ROOT / "dbt_project" / "seeds").rglob("*.csv")
    }


def test_every_check_of_the_suites_is_a_check_of_its_mart(graph: dg.AssetGraph) -> None:
    keys = graph.asset_check_keys
    blocking = {key for key in keys if graph.get(key).blocking}

    for check in all_checks():
        key = dg.AssetCheckKey(dg.AssetKey(["marts", check.table]), check.name)
        assert key in keys
        assert (key in blocking) == (check.severity == "error")


def test_reports_are_partitioned_by_day_and_nothing_else_is(graph: dg.AssetGraph) -> None:
    partitioned = {key for key in graph.get_all_asset_keys() if graph.get(key).is_partitioned}
    reports = {dg.AssetKey(["raw_anthropic", one.table.name]) for one in REPORTS}

    assert partitioned == {*reports, BACKFILL}
    assert {graph.get(key).partitions_def for key in reports} == {daily}
    assert graph.get(BACKFILL).partitions_def == past_days
    for key in partitioned:
        assert graph.get(key).backfill_policy == dg.BackfillPolicy.single_run()


def test_partitions_reach_from_the_first_day_to_today() -> None:
    now = datetime(2026, 11, 23, 0, 1, tzinfo=UTC)
    keys = daily.get_partition_keys(current_time=now)

    assert keys[0] == str(FIRST_DAY)
    assert keys[-1] == "2026-11-23"
    # A day of everything is one that is over: none is missing that cannot be there.
    assert past_days.get_partition_keys(current_time=now) == keys[:-1]


def test_every_asset_has_an_owner_and_kinds(graph: dg.AssetGraph) -> None:
    for key in graph.get_all_asset_keys():
        assert graph.get(key).owners == ("team:claude-usage",), key.to_user_string()
        assert "duckdb" in graph.get(key).kinds, key.to_user_string()


def test_what_a_day_s_run_writes_is_to_be_fresh(graph: dg.AssetGraph) -> None:
    expected = {key for key in graph.get_all_asset_keys() if key.path[0] in FRESH}
    # Read no more once the report that took their place can be.
    expected -= {dg.AssetKey(["raw_anthropic", table.name]) for table in SUCCESSORS}
    fresh = {key for key in graph.get_all_asset_keys() if graph.get(key).freshness_policy}

    assert fresh == expected
    assert {graph.get(key).freshness_policy for key in fresh} == {DAILY}


def test_jobs_and_what_launches_them_are_there() -> None:
    jobs = {job.name for job in automation.JOBS}
    schedules = {one.job_name for one in automation.SCHEDULES}

    loads = {f"load_{source.name}" for source in SOURCES}
    alerting = {"send_alerts", "send_digests"}
    assert jobs == loads | {"build_marts", "backfill"} | alerting
    assert schedules == loads | alerting
    assert automation.build_after_loads.job_name == "build_marts"
    assert automation.build_after_loads.default_status == dg.DefaultSensorStatus.RUNNING
    for name in jobs:
        assert defs.resolve_job_def(name).description


@pytest.mark.parametrize(
    ("tick", "first", "last"),
    [
        (datetime(2026, 11, 23, 3, 30, tzinfo=UTC), "2026-10-23", "2026-11-22"),
        (datetime(2028, 3, 1, 3, 30, tzinfo=UTC), "2028-01-30", "2028-02-29"),
    ],
)
def test_the_schedule_asks_for_what_is_due_of_the_month_before_its_tick(
    tick: datetime, first: str, last: str
) -> None:
    context = dg.build_schedule_context(scheduled_execution_time=tick)

    schedule = defs.resolve_schedule_def("load_anthropic_schedule")
    (request,) = schedule.evaluate_tick(context).run_requests

    assert request.tags[RANGE_START_TAG] == first
    assert request.tags[RANGE_END_TAG] == last
    assert request.run_key == f"due..{last}"
    assert request.run_config == automation.only_due(ANTHROPIC)


def test_schedules_load_in_utc() -> None:
    assert {one.execution_timezone for one in automation.SCHEDULES} == {"UTC"}
