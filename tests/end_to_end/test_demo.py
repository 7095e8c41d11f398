"""After the demo a newcomer goes on with the other commands, and types no variable."""

from __future__ import annotations

import csv
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import duckdb
import httpx
import pytest

from demo_api import DemoServer
from tests.end_to_end.conftest import Place

RUNS = "query { runsOrError { ... on Runs { results { jobName status } } } }"
BILL = "select sum(billed_cost_usd) from marts.fct_billed_costs_daily"
REVISIONS = "select sum(revision_count) from marts.data_completeness"


@pytest.fixture(scope="module")
def demo(first_demo: Path, server: DemoServer) -> tuple[Place, str]:
    """The folder where the demo itself has put its files: what follows goes on there."""
    left = Place(first_demo / "called" / "data" / "demo", server)
    return left, (first_demo / "printed").read_text()


@pytest.fixture
def newcomer(demo: tuple[Place, str], server: DemoServer) -> Place:
    """The folder in which the demo was called; settings in the environment are of nobody's use."""
    return Place(demo[0].folder.parents[1], server)


def ask(place: Place, query: str) -> object:
    with duckdb.connect(str(place.published), read_only=True) as connection:
        row = connection.execute(query).fetchone()
    return row[0] if row else None


def test_the_last_lines_say_what_to_type_next(demo: tuple[Place, str]) -> None:
    _, _, last = demo[1].partition("Next:")

    assert "data/demo/claude_usage.duckdb" in last
    assert re.search(r"query --demo allocated_cost_usd --by team_name\n", last)
    assert re.search(r"status --demo\n", last)
    assert re.search(r"dev --demo, or make dev\n", last)
    assert "doctor" in last


def test_what_it_leaves_is_its_own_and_for_its_user_alone(
    demo: tuple[Place, str], server: DemoServer
) -> None:
    path = demo[0].folder / ".env"
    lines = dict(line.split("=", 1) for line in path.read_text().splitlines()[1:])

    assert path.stat().st_mode & 0o777 == 0o600
    assert lines["ANTHROPIC_ADMIN_KEY"] == server.admin_key
    assert lines["WAREHOUSE_PATH"] == str(demo[0].warehouse)
    # Of the user's own settings, which the demo was called with, none.
    assert {"ANTHROPIC_ANALYTICS_KEY", "GITHUB_REPOS"}.isdisjoint(lines)


def test_status_and_query_tell_of_the_demo(newcomer: Place) -> None:
    status = newcomer.run("status", "--demo")
    asked = newcomer.run(
        *("query", "--demo", "allocated_cost_usd", "--by", "team_name", "--format", "csv")
    )
    without = newcomer.run("status")

    assert status.returncode == 0, status.stderr
    assert re.search(
        r"larkfield/storefront +2026-08-03 +20\d\d-\d\d-\d\d \d\d:\d\d +281 +332 +complete",
        status.stdout,
    )
    assert "All times are UTC" in status.stdout
    assert re.search(r"Published: .*claude_usage\.duckdb, .* UTC\.", status.stdout)
    assert asked.returncode == 0, asked.stderr
    header, *rows = csv.reader(asked.stdout.splitlines())
    assert header == ["team_name", "allocated_cost_usd"]
    assert len(rows) >= 4
    assert "Nothing is loaded yet" in without.stdout


def test_a_filter_that_would_write_a_file_writes_none(newcomer: Place) -> None:
    where = "team_name in (from read_text('/etc/passwd')) or exists (select 1)"
    finished = newcomer.run("query", "--demo", "allocated_cost_usd", "--where", where)

    assert finished.returncode == 2
    assert "no query inside it" in finished.stderr
    assert "Traceback" not in finished.stderr


def test_its_apis_are_served_again_and_say_the_same(
    demo: tuple[Place, str], newcomer: Place
) -> None:
    bill = ask(demo[0], BILL)
    doctor = newcomer.run("doctor", "--demo")
    again = newcomer.run("run", "--demo", "--start", "2026-10-20", "--end", "2026-10-21")

    assert doctor.returncode == 0, doctor.stdout
    assert "6 can be read" in doctor.stdout
    assert again.returncode == 0, again.stderr
    assert ask(demo[0], BILL) == bill
    # Nothing that was read again differs from what was read first.
    assert ask(demo[0], REVISIONS) == 0
    assert not newcomer.warehouse.exists()


def test_dev_shows_its_runs_with_its_apis(newcomer: Place, tmp_path: Path) -> None:
    """Without --demo too, where nothing else is there to be shown."""
    port = 3_000 + os.getpid() % 20_000
    # Nothing is set, as on a machine on which only the demo was run.
    keys = ("ANTHROPIC_ADMIN_KEY", "GITHUB_TOKEN", "GITHUB_ORG")
    with (tmp_path / "dev.log").open("w") as log:
        process = subprocess.Popen(
            newcomer.command("dev", "--port", str(port)),
            env=newcomer.environment(**dict.fromkeys(keys, "")),
            cwd=newcomer.folder,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            runs = _answer(f"http://127.0.0.1:{port}/graphql", process)
            said = (tmp_path / "dev.log").read_text()
            api = re.search(r"demo servers of all APIs at (\S+)", said)
            assert api is not None
            refused = httpx.get(f"{api[1]}/v1/organizations/me", trust_env=False)
        finally:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(timeout=60)

    assert "this is the demo in data/demo" in said
    assert {"load_anthropic", "load_github", "build_marts"} <= {run["jobName"] for run in runs}
    assert refused.status_code == 401


def _answer(url: str, process: subprocess.Popen[bytes]) -> list[dict[str, str]]:
    """Return the runs that the UI knows, once it answers."""
    for _ in range(900):
        assert process.poll() is None, "dev ended by itself"
        try:
            answer = httpx.post(url, json={"query": RUNS}, timeout=30, trust_env=False)
        except httpx.TransportError:
            time.sleep(0.2)
            continue
        found: list[dict[str, str]] = answer.json()["data"]["runsOrError"]["results"]
        return found
    raise AssertionError("the UI does not answer")
