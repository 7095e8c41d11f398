"""What holds for all tests: no settings from outside, no network but loopback, no telemetry."""

from __future__ import annotations

import itertools
import os
import signal
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from xdist.scheduler import LoadFileScheduling

from benchmarks.postgres import Postgres, found, postgres
from demo_api import DemoServer
from ingestion.settings import Settings
from tests.ingestion.litellm_gateway import Gateway

TELEMETRY = {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "GX_ANALYTICS_ENABLED": "false",
    "DAGSTER_DISABLE_TELEMETRY": "true",
}


class SettingsFor(Protocol):
    """Makes settings that point at a demo server and at this test's own files."""

    def __call__(self, server: DemoServer, **overrides: Any) -> Settings: ...


# Files that share what only their own process can hold: on one worker it is made once. What other
# processes can use too, `made_once` makes for all workers.
SHARED_RUNS = (
    tuple(f"orchestration/test_{name}.py" for name in ("backfilled_days", "gaps", "jobs")),
)


class ByFile(LoadFileScheduling):
    """A file's tests on one worker, and those of the files that share a run."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        for files in SHARED_RUNS:
            if file.endswith(files):
                return files[0]
        return file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile | None:
    return ByFile(config, log) if config.getoption("dist") == "loadfile" else None


# Files that take minutes, the longest first. The first two make what others wait for, one each.
LONG = (
    "end_to_end/test_demo.py",
    "end_to_end/test_forget",
    "end_to_end/test_documents",
    "orchestration/test_backfilled_days",
    "orchestration/test_jobs",
    "orchestration/test_gaps",
    "orchestration/test_browser",
    "end_to_end/test_dashboard_in_a_browser",
    "attacks/test_answers_of",
    "test_changed_days",
    "test_incremental_staging",
    "end_to_end/",
    "orchestration/",
    "test_killed_loads",
)


# Pure functions, rules in SQL and contracts: no server and no pipeline, to run while editing.
QUICK = (
    "alerts/",
    "attacks/test_published_text",
    "attacks/test_settings",
    "contract/",
    "dashboard/",
    "dbt_project/test_attribution.py",
    "dbt_project/test_generic_tests",
    "dbt_project/test_list_prices",
    "demo_api/test_demo_truth",
    "estimates/",
    "ingestion/test_network",
    "ingestion/test_validation",
    "ingestion/test_windows_and_waits",
    "orchestration/test_dbt_command",
    "publishing/test_privacy",
)


def _place(item: pytest.Item) -> int:
    """Return where among the files of `LONG` a test is, after all where it is in none."""
    return next((n for n, name in enumerate(LONG) if name in item.nodeid), len(LONG))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no worker is left with it when the other is done."""
    items.sort(key=_place)
    for item in items:
        if any(f"tests/{name}" in item.nodeid for name in QUICK):
            item.add_marker("quick")


@pytest.fixture(scope="session", autouse=True)
def clean_environment() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in Settings.model_fields:
            patch.delenv(name.upper(), raising=False)
            patch.delenv(name, raising=False)
        for name, value in TELEMETRY.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    if found() is None:
        pytest.skip("there is no Postgres here (apt-get install postgresql)")
    with postgres() as server:
        yield server


_databases = itertools.count()


@pytest.fixture
def gateway(postgres_server: Postgres, tmp_path: Path) -> Gateway:
    """A database of LiteLLM, before its tables are made."""
    return Gateway(postgres_server, f"gateway_{next(_databases)}", tmp_path)


@pytest.fixture(autouse=True)
def usual_rights() -> Iterator[None]:
    """The command makes all that its process creates private: of one test, not of those after."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> Iterator[None]:
    """Started in the background, where Ctrl-C is ignored, tests still end their servers with it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session", autouse=True)
def own_temporary_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What a process that is killed leaves behind lies in the folder that pytest removes."""
    folder = tmp_path_factory.mktemp("t")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder))
        patch.setattr(tempfile, "tempdir", str(folder))
        yield


@pytest.fixture(scope="session", autouse=True)
def loopback_only() -> Iterator[None]:
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def refuse_others(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise RuntimeError(f"a test tried to reach {address[0]}")

    def guarded_connect(self: socket.socket, address: Any) -> None:
        refuse_others(self, address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        refuse_others(self, address)
        return connect_ex(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        yield


@pytest.fixture
def warehouse_path(tmp_path: Path) -> Path:
    return tmp_path / "warehouse.duckdb"


@pytest.fixture
def settings_for(warehouse_path: Path, tmp_path: Path) -> SettingsFor:
    def make(server: DemoServer, **overrides: Any) -> Settings:
        values: dict[str, Any] = {
            **{name.lower(): value for name, value in server.environment.items()},
            "warehouse_path": warehouse_path,
            "publish_path": tmp_path / "claude_usage.duckdb",
        }
        return Settings(**values | overrides)

    return make
