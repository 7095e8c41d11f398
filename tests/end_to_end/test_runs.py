"""A run twice, a range against its days, runs that are killed: the same marts each time."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import duckdb
import pytest

from demo_api import DemoServer
from tests.end_to_end.conftest import FIRST, LAST, Place


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory, two_days: Place) -> Place:
    """A copy of the two days, into which the same days were loaded once more."""
    folder = tmp_path_factory.mktemp("twice") / "place"
    shutil.copytree(two_days.folder, folder, symlinks=True)
    place = Place(folder, two_days.server)
    finished = place.run("run", "--start", FIRST, "--end", LAST)
    assert finished.returncode == 0, finished.stderr
    return place


def test_a_run_twice_changes_nothing(two_days: Place, twice: Place) -> None:
    before = two_days.marts()

    assert twice.marts() == before
    assert before["fct_claude_code_activity_daily"]


def test_what_stands_is_not_built_again_and_said_to_stand(twice: Place) -> None:
    before = twice.published.stat()

    finished = twice.run("publish")

    assert finished.returncode == 0, finished.stderr
    assert "nothing new since" in finished.stdout
    assert "claude-usage publish --anew" in finished.stderr
    assert "building" not in finished.stderr
    after = twice.published.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.soak
def test_days_one_by_one_and_runs_killed_at_any_moment_give_the_marts_of_the_range(
    two_days: Place, tmp_path: Path, server: DemoServer
) -> None:
    place = Place(tmp_path, server)
    moments = random.Random(20261123)

    for longest in (12, 24):
        _run_and_kill_after(place, LAST, seconds=moments.uniform(3, longest))
        _assert_no_window_is_complete_without_its_last_page(place.warehouse)
    for day in (LAST, FIRST):
        finished = place.run("run", "--start", day, "--end", day)
        assert finished.returncode == 0, finished.stderr

    assert place.marts() == two_days.marts()


def _run_and_kill_after(place: Place, day: str, *, seconds: float) -> None:
    running = subprocess.Popen(
        place.command("run", "--start", day, "--end", day),
        env=place.environment(),
        cwd=place.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(seconds)
    running.send_signal(signal.SIGKILL)
    running.wait()


def _assert_no_window_is_complete_without_its_last_page(warehouse: Path) -> None:
    if not warehouse.exists():
        return
    with _opened_when_free(warehouse) as connection:
        tables = connection.execute(
            "select table_name from duckdb_columns()"
            " where schema_name = 'raw_anthropic' and column_name = 'is_last_page'"
        ).fetchall()
        for (table,) in tables:
            wrong = connection.execute(
                f"""
                select window_key from raw_anthropic.completeness_ledger
                where endpoint = '{table}' and status = 'complete' and window_key not in (
                    select window_key from raw_anthropic.{table} where is_last_page
                )
                """
            ).fetchall()
            assert wrong == []


def _opened_when_free(warehouse: Path) -> duckdb.DuckDBPyConnection:
    """Open the warehouse once a dbt process that outlived its parent has let go of it."""
    for _ in range(600):
        try:
            return duckdb.connect(str(warehouse), read_only=True)
        except duckdb.IOException:
            time.sleep(0.1)
    raise AssertionError("the warehouse stays locked")
