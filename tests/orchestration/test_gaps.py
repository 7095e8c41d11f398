"""What is due: found by the sensor, loaded by a run that reads nothing else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime

import dagster as dg
import pytest

from demo_api import DemoServer, Fault
from ingestion.anthropic import endpoints
from ingestion.anthropic.source import ANTHROPIC
from ingestion.raw import RawTable
from ingestion.windows import ONE_DAY, midnight, today
from orchestration import automation
from orchestration.partitions import RANGE_END_TAG, RANGE_START_TAG, daily, range_tags
from tests.orchestration.conftest import DAYS, LAST, Place
from tests.orchestration.stack import days

CLAUDE_CODE = "/v1/organizations/usage_report/claude_code"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[DemoServer]:
    with DemoServer() as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running


def evaluate(place: Place) -> dg.sensor_definition.SensorExecutionData:
    return automation.fill_gaps.evaluate_tick(
        dg.build_sensor_context(instance=place.headless.instance)
    )


def load_due(place: Place, last: date) -> bool:
    tags = range_tags(date.fromisoformat(DAYS[0]), last)
    outcome = place.headless.run(
        "load_anthropic", "load", tags=tags, config=automation.only_due(ANTHROPIC)
    )
    return outcome.success


def asked_days(server: DemoServer) -> list[str]:
    return sorted(
        one.query.split("starting_at=")[1][:10]
        for one in server.requests
        if one.path == CLAUDE_CODE and "limit=1000" in one.query
    )


def still_due() -> list[str]:
    """Return yesterday while it is held back: what has been read of it may not be whole."""
    hours = datetime.now(UTC) - midnight(today())
    return [str(today() - ONE_DAY)] if hours < endpoints.CLAUDE_CODE.held_back else []


def red_days(place: Place) -> dict[RawTable, set[str]]:
    """Return the days that Dagster shows as failed."""
    span = days(DAYS[0], str(today() - ONE_DAY))
    found: dict[RawTable, set[str]] = {}
    for table in (report.table for report in endpoints.REPORTS):
        key = dg.AssetKey(["raw_anthropic", table.name])
        statuses = place.headless.instance.get_status_by_partition(key, span, daily) or {}
        red = {day for day, status in statuses.items() if status and status.name == "FAILED"}
        found |= {table: red} if red else {}
    return found


def days_after(first: date, last: date) -> list[str]:
    return [str(first + n * ONE_DAY) for n in range(1, (last - first).days + 1)]


@pytest.mark.usefixtures("server")
def test_the_sensor_asks_for_the_days_that_are_due(place: Place) -> None:
    (load,) = evaluate(place).run_requests

    assert automation.fill_gaps.job_name == "load_anthropic"
    assert load.tags[RANGE_START_TAG] == str(LAST + ONE_DAY)
    assert load.tags[RANGE_END_TAG] == str(today() - ONE_DAY)
    assert load.run_config == automation.only_due(ANTHROPIC)


def test_a_run_of_what_is_due_reads_the_gap_and_then_nothing(
    place: Place, server: DemoServer
) -> None:
    last = today() - ONE_DAY

    assert load_due(place, last)
    assert asked_days(server) == days_after(LAST, last)
    server.requests.clear()

    assert load_due(place, last)
    assert asked_days(server) == still_due()
    skipped = evaluate(place)
    assert bool(skipped.run_requests) == bool(still_due())
    assert skipped.skip_message == (None if still_due() else "no day is due")


def test_a_day_that_failed_is_due_again_and_the_others_are_not(
    place: Place, server: DemoServer
) -> None:
    broken = str(LAST + ONE_DAY)
    refusal = Fault(
        status=400, path_contains=CLAUDE_CODE, query_contains=f"starting_at={broken}", times=1
    )
    server.faults.add(refusal)

    assert not load_due(place, today() - ONE_DAY)
    # Not what is covered, nor what another report or nobody tells.
    assert red_days(place) == {endpoints.CLAUDE_CODE.table: {broken}}
    server.requests.clear()
    assert load_due(place, today() - ONE_DAY)

    assert asked_days(server) == [broken, *still_due()]
    assert red_days(place) == {}


HOLD = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(1, flush=True); sys.stdin.read()"


@pytest.mark.usefixtures("server")
def test_the_sensor_leaves_a_warehouse_alone_that_is_being_written(place: Place) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(place.warehouse)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        skipped = evaluate(place)
        writer.kill()

    assert skipped.run_requests == []
    assert "is open in another program" in str(skipped.skip_message)


def test_the_sensor_does_nothing_without_a_key(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANTHROPIC_ADMIN_KEY")

    skipped = evaluate(place)

    assert skipped.run_requests == []
    assert skipped.skip_message == "nothing was ever loaded, or no key is set"
