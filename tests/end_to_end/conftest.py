"""Runs of the real command in processes of its own, against real servers on loopback."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from demo_api import DemoServer
from tests.conftest import TELEMETRY
from tests.end_to_end.outside import Outside
from tests.once import made_once

# What tells when and by which run something was loaded differs between runs by its nature.
WHEN_LOADED = {
    *("run_id", "first_fetched_at", "last_fetched_at", "page_count", "window_ended_at"),
    *("read_at", "first_seen_at", "removed_at", "left_at"),
    # Whether a merge was 30 days ago when it was read.
    *("revert_status", "pull_request_with_known_revert_count"),
}


@dataclass(frozen=True)
class Place:
    """A folder with a warehouse, a published file and a history of its own, and a server."""

    folder: Path
    server: DemoServer

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        return self.folder / "claude_usage.duckdb"

    def environment(self, **overrides: str) -> dict[str, str]:
        ours = (
            "ANTHROPIC_",
            "GITHUB_",
            "LITELLM_",
            "IDENTITY_",
            "WAREHOUSE_",
            "PUBLISH_",
            "DAGSTER_",
        )
        # The project itself must switch telemetry off.
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(ours) and name not in TELEMETRY
        }
        return {
            **inherited,
            **self.server.environment,
            "WAREHOUSE_PATH": str(self.warehouse),
            "PUBLISH_PATH": str(self.published),
            **overrides,
        }

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "claude_usage", *arguments]

    def run(self, *arguments: str, **overrides: str) -> subprocess.CompletedProcess[str]:
        """Run ``claude-usage`` with ``arguments`` to its end."""
        return subprocess.run(
            self.command(*arguments),
            env=self.environment(**overrides),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=560,
            check=False,
        )

    def marts(self) -> dict[str, list[tuple[object, ...]]]:
        """Return all rows of all published marts, sorted, without when they were loaded."""
        with duckdb.connect(str(self.published), read_only=True) as connection:
            connection.execute("set TimeZone = 'UTC'")
            tables = [
                name
                for (name,) in connection.execute(
                    "select table_name from duckdb_tables() where schema_name = 'marts'"
                ).fetchall()
            ]
            return {table: _rows(connection, table) for table in tables}


def _rows(connection: duckdb.DuckDBPyConnection, table: str) -> list[tuple[object, ...]]:
    described = connection.execute(f"describe marts.{table}").fetchall()
    columns = [name for name, *_ in described if name not in WHEN_LOADED]
    return connection.execute(
        f"select {', '.join(columns)} from marts.{table} order by all"
    ).fetchall()


@pytest.fixture(scope="session")
def server() -> Iterator[DemoServer]:
    """A server whose world nobody changes."""
    with DemoServer() as running:
        yield running


PROJECT = Path(__file__).parents[2] / "dbt_project"


def run_dbt(warehouse: Path, folder: Path, *arguments: str, may_fail: bool = False) -> Path:
    """Run dbt on a copy of a warehouse in a new folder; return where it has put its artefacts."""
    folder.mkdir(exist_ok=True)
    copy, target = folder / "warehouse.duckdb", folder / "target"
    shutil.copy(warehouse, copy)
    target.mkdir()
    # What the pipeline's own runs have parsed.
    shutil.copy(PROJECT / "target" / "partial_parse.msgpack", target)
    finished = subprocess.run(
        [
            *(Path(sys.executable).parent / "claude-usage-dbt", *arguments),
            *("--profiles-dir", ".", "--target-path", target, "--log-path", folder / "logs"),
        ],
        cwd=PROJECT,
        env={**os.environ, "WAREHOUSE_PATH": str(copy)},
        capture_output=True,
        text=True,
        check=False,
    )
    # 1 says that a test failed, 2 that dbt did.
    assert finished.returncode in ((0, 1) if may_fail else (0,)), finished.stdout
    return target


FIRST, LAST = "2026-10-05", "2026-10-06"


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, server: DemoServer) -> Path:
    """A folder in which two days were loaded by one run, and `asked`: who was asked beside."""

    def make(folder: Path) -> None:
        (folder / "place").mkdir()
        with Outside() as outside:
            finished = Place(folder / "place", server).run(
                "run", "--start", FIRST, "--end", LAST, **outside.environment
            )
        assert finished.returncode == 0, finished.stderr
        (folder / "asked").write_text("\n".join(outside.asked))

    return made_once(tmp_path_factory, "two_days", make)


@pytest.fixture(scope="session")
def two_days(
    undisturbed: Path, tmp_path_factory: pytest.TempPathFactory, server: DemoServer
) -> Place:
    """A place where two days were loaded by one run, for tests that only read it."""
    folder = tmp_path_factory.mktemp("two_days") / "place"
    shutil.copytree(undisturbed / "place", folder, symlinks=True)
    return Place(folder, server)


@pytest.fixture(scope="session")
def first_demo(tmp_path_factory: pytest.TempPathFactory, server: DemoServer) -> Path:
    """A folder with `called`, in which `claude-usage demo` ran, what it left there, and `printed`.

    Its files know where they lie: only one file of tests may go on there. Others have a copy.
    """

    def make(folder: Path) -> None:
        (folder / "called").mkdir()
        # What a user has set is none of the demo's.
        finished = Place(folder / "called", server).run(
            "demo", ANTHROPIC_ANALYTICS_KEY="a-key", GITHUB_REPOS="no/repository"
        )
        assert finished.returncode == 0, finished.stderr
        (folder / "printed").write_text(finished.stdout)
        shutil.copytree(folder / "called" / "data" / "demo", folder / "left", symlinks=True)

    return made_once(tmp_path_factory, "demo", make)


@pytest.fixture(scope="session")
def demo(
    first_demo: Path, tmp_path_factory: pytest.TempPathFactory, server: DemoServer
) -> tuple[Place, str]:
    """A copy of what `claude-usage demo` has left, to be read, and what it printed."""
    folder = tmp_path_factory.mktemp("demo") / "left"
    shutil.copytree(first_demo / "left", folder, symlinks=True)
    return Place(folder, server), (first_demo / "printed").read_text()
