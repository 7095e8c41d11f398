"""The sensor that has the marts built: after every load that has ended, once."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg
import pytest

from orchestration import automation

STATUS = dg.DagsterRunStatus


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened


def job(name: str, *, fails: bool = False) -> dg.JobDefinition:
    @dg.op
    def step() -> None:
        if fails:
            raise dg.Failure("a day is not stored")

    @dg.job(name=name)
    def made() -> None:
        step()

    return made


def ran(instance: dg.DagsterInstance, name: str, *, fails: bool = False) -> None:
    job(name, fails=fails).execute_in_process(instance=instance, raise_on_error=False)


def evaluate(instance: dg.DagsterInstance) -> dg.sensor_definition.SensorExecutionData:
    return automation.build_after_loads.evaluate_tick(dg.build_sensor_context(instance=instance))


def test_nothing_is_built_before_anything_was_loaded(instance: dg.DagsterInstance) -> None:
    assert evaluate(instance).run_requests == []


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("name", automation.LOADS)
def test_marts_are_built_after_each_load_however_it_ended(
    instance: dg.DagsterInstance, name: str, fails: bool
) -> None:
    ran(instance, name, fails=fails)

    (request,) = evaluate(instance).run_requests
    # Asked for again until it is there: under the same key, so that it is launched once.
    assert evaluate(instance).run_requests[0].run_key == request.run_key

    ran(instance, "build_marts", fails=fails)
    assert evaluate(instance).run_requests == []

    ran(instance, name)
    assert evaluate(instance).run_requests[0].run_key != request.run_key


def test_marts_are_built_after_a_load_that_was_killed(instance: dg.DagsterInstance) -> None:
    killed = instance.create_run_for_job(job("backfill"), status=STATUS.STARTED)
    assert evaluate(instance).run_requests == []

    instance.report_run_failed(killed, "its process has ended without a word")

    assert len(evaluate(instance).run_requests) == 1


# Dagster makes a queued run only for a code location that a server has loaded.
@pytest.mark.parametrize("status", sorted(set(automation.UNDER_WAY) - {STATUS.QUEUED}, key=str))
def test_marts_wait_for_runs_that_are_under_way(
    instance: dg.DagsterInstance, status: dg.DagsterRunStatus
) -> None:
    ran(instance, "load_anthropic")
    instance.create_run_for_job(job("load_github"), status=status)

    waits = evaluate(instance)

    assert waits.run_requests == []
    assert "of load_github comes first" in str(waits.skip_message)
