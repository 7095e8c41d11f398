"""The history that is kept open: Dagster's own storage reads what it wrote, and the reverse."""

from __future__ import annotations

import shutil
from pathlib import Path

import dagster as dg
import pytest

import orchestration
from orchestration.history import EventLog

PACKAGED = Path(orchestration.__file__).parent / "instance" / "dagster.yaml"
KEY = dg.AssetKey("answers")


@dg.asset_check(asset=KEY)
def holds() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


@dg.asset(key=KEY)
def answers() -> dg.MaterializeResult:
    return dg.MaterializeResult(metadata={"rows": 7})


def run(instance: dg.DagsterInstance) -> str:
    return dg.materialize([answers, holds], instance=instance).run_id


def seen(instance: dg.DagsterInstance, run_id: str) -> object:
    """Return what the UI shows of a run, its events in order, and of the asset and its check."""
    found = instance.get_run_by_id(run_id)
    materialized = instance.get_latest_materialization_event(KEY)
    check = instance.event_log_storage.get_asset_check_execution_history(
        dg.AssetCheckKey(KEY, "holds"), limit=10
    )
    return (
        found and found.status,
        [(one.timestamp, one.message) for one in instance.all_logs(run_id)],
        materialized,
        [(one.run_id, one.status) for one in check],
    )


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    shutil.copy(PACKAGED, tmp_path / "dagster.yaml")
    return tmp_path


def use_dagsters_own(home: Path) -> None:
    settings, _, _ = PACKAGED.read_text().partition("storage:")
    (home / "dagster.yaml").write_text(settings)


def test_dagsters_own_storage_reads_what_was_written(home: Path) -> None:
    with dg.DagsterInstance.get() as instance:
        assert isinstance(instance.event_log_storage, EventLog)
        runs = [run(instance), run(instance)]
        # The first again, whose database is no longer open.
        before = [seen(instance, run_id) for run_id in runs]
        assert {run_id for run_id, _ in before[0][3]} == set(runs)

    use_dagsters_own(home)
    with dg.DagsterInstance.get() as instance:
        assert not isinstance(instance.event_log_storage, EventLog)
        assert [seen(instance, run_id) for run_id in runs] == before


def test_a_history_of_dagsters_own_storage_is_gone_on_with(home: Path) -> None:
    use_dagsters_own(home)
    with dg.DagsterInstance.get() as instance:
        earlier = run(instance)
        before = seen(instance, earlier)

    shutil.copy(PACKAGED, home / "dagster.yaml")
    with dg.DagsterInstance.get() as instance:
        assert seen(instance, earlier) == before
        assert run(instance) != earlier
        assert len(seen(instance, earlier)[3]) == 2


@pytest.mark.usefixtures("home")
def test_another_reader_sees_each_event_at_once_and_none_of_a_wiped_history() -> None:
    with dg.DagsterInstance.get() as instance, dg.DagsterInstance.get() as other:
        run_id = run(instance)
        assert seen(other, run_id) == seen(instance, run_id)

        instance.wipe()
        assert other.get_latest_materialization_event(KEY) is None
        again = run(instance)
        assert seen(other, again) == seen(instance, again)
