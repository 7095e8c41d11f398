"""The stack as a user has it: `claude-usage dev` in a process of its own, asked over GraphQL."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx

OURS = ("ANTHROPIC_", "GITHUB_", "WAREHOUSE_", "PUBLISH_", "DAGSTER_", "HISTORY_")

LAUNCH = """
mutation Launch($params: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $params) {
    __typename
    ... on LaunchBackfillSuccess { backfillId }
    ... on PythonError { message }
  }
}
"""
BACKFILL = """
query Backfill($id: String!) {
  partitionBackfillOrError(backfillId: $id) {
    __typename
    ... on PartitionBackfill { status runs(limit: 100) { id status } }
  }
}
"""
PARTITIONS = """
query Partitions($key: AssetKeyInput!) {
  assetNodeOrError(assetKey: $key) {
    ... on AssetNode {
      assetPartitionStatuses {
        ... on TimePartitionStatuses { ranges { status startKey endKey } }
      }
    }
  }
}
"""
SENSOR = """
query Sensor($sensor: SensorSelector!) {
  sensorOrError(sensorSelector: $sensor) { ... on Sensor { sensorState { id } } }
}
"""
STOP_SENSOR = """
mutation Stop($id: String!) { stopSensor(id: $id) { __typename } }
"""
RUNS = """
query { runsOrError { ... on Runs { results { jobName status } } } }
"""
LOADED = """
query { repositoriesOrError { __typename ... on RepositoryConnection { nodes { name } } } }
"""


@dataclass(frozen=True)
class Backfill:
    """How a backfill ended: its own status, and the status of each run by id."""

    status: str
    runs: Mapping[str, str]


class Stack:
    """A webserver and a daemon on a loopback port, with a history and a warehouse of their own."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.warehouse = folder / "warehouse.duckdb"
        self.published = folder / "claude_usage.duckdb"
        self.port = _free_port()
        self.environment = {
            **{name: v for name, v in os.environ.items() if not name.startswith(OURS)},
            **environment,
            "WAREHOUSE_PATH": str(self.warehouse),
            "PUBLISH_PATH": str(self.published),
            "DAGSTER_HOME": str(folder / "dagster"),
        }

    @contextmanager
    def running(self) -> Iterator[Stack]:
        """Start the stack, wait until it has loaded the definitions, and end it with Ctrl-C."""
        with (self.folder / "dev.log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "claude_usage", "dev", "--port", str(self.port)],
                env=self.environment,
                cwd=self.folder,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                self.wait_until(self._has_loaded, process, seconds=300)
                yield self
            finally:
                os.killpg(process.pid, signal.SIGINT)
                try:
                    process.wait(timeout=30)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)

    def ask(self, query: str, **variables: Any) -> Any:
        """Return the data of a GraphQL answer."""
        answer = httpx.post(
            f"http://127.0.0.1:{self.port}/graphql",
            json={"query": query, "variables": variables},
            timeout=60,
            trust_env=False,
        ).json()
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def launch(self, keys: Sequence[Sequence[str]], days: Sequence[str]) -> str:
        """Launch a backfill of ``days`` as the UI does; return its id."""
        params = {"assetSelection": [{"path": list(key)} for key in keys], "partitionNames": days}
        launched = self.ask(LAUNCH, params=params)["launchPartitionBackfill"]
        assert launched["__typename"] == "LaunchBackfillSuccess", launched
        return str(launched["backfillId"])

    def wait(self, backfill_id: str) -> Backfill:
        """Return how a backfill ended."""
        found: dict[str, Any] = {}

        def has_ended() -> bool:
            found.update(self.ask(BACKFILL, id=backfill_id)["partitionBackfillOrError"])
            return found["status"] not in ("REQUESTED", "FAILING", "CANCELING")

        self.wait_until(has_ended, seconds=200)
        return Backfill(found["status"], {run["id"]: run["status"] for run in found["runs"]})

    def days(self, key: Sequence[str]) -> dict[str, set[str]]:
        """Return an asset's days by status (`MATERIALIZED`, `FAILED`), as the UI shows them."""
        node = self.ask(PARTITIONS, key={"path": list(key)})["assetNodeOrError"]
        found: dict[str, set[str]] = {}
        for one in node["assetPartitionStatuses"]["ranges"]:
            found.setdefault(one["status"], set()).update(days(one["startKey"], one["endKey"]))
        return found

    def switch_off(self, sensor: str) -> None:
        """Switch off a sensor as the UI does."""
        selector = {
            "repositoryLocationName": "claude_usage",
            "repositoryName": "__repository__",
            "sensorName": sensor,
        }
        state = self.ask(SENSOR, sensor=selector)["sensorOrError"]["sensorState"]
        stopped = self.ask(STOP_SENSOR, id=state["id"])["stopSensor"]
        assert stopped["__typename"] == "StopSensorMutationResult", stopped

    def runs(self) -> list[tuple[str, str]]:
        """Return the job and the status of each run."""
        found = self.ask(RUNS)["runsOrError"]["results"]
        return [(run["jobName"], run["status"]) for run in found]

    def log(self) -> str:
        """Return what the stack has printed."""
        return (self.folder / "dev.log").read_text()

    def _has_loaded(self) -> bool:
        try:
            found = self.ask(LOADED)["repositoriesOrError"]
        except httpx.HTTPError:
            return False
        return found["__typename"] == "RepositoryConnection" and bool(found["nodes"])

    def wait_until(
        self,
        is_done: Callable[[], bool],
        process: subprocess.Popen[bytes] | None = None,
        *,
        seconds: float,
    ) -> None:
        """Wait until ``is_done``; raise with the end of what was printed when it takes too long."""
        deadline = time.monotonic() + seconds
        while not is_done():
            has_died = process is not None and process.poll() is not None
            if has_died or time.monotonic() > deadline:
                raise AssertionError(self.log()[-4000:])
            time.sleep(0.5)


def days(first: str, last: str) -> list[str]:
    """Return the days from ``first`` to ``last``, both included, as partition keys."""
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    return [str(start + timedelta(n)) for n in range((end - start).days + 1)]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])
