"""Requests for the pull requests and commits of real histories over GraphQL, counted."""

from __future__ import annotations

import logging
import math
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import SecretStr

from demo_api import DemoServer, load_rest_history
from ingestion.github.load import load_github
from ingestion.settings import Settings

# Before the first commit of any history.
START = date(2005, 1, 1)


@dataclass(frozen=True)
class Requests:
    """Requests of a first and of a second run with nothing new, and what they may be at most."""

    repositories: int
    pull_requests: int
    commits: int
    first: int
    second: int

    @property
    def first_bar(self) -> int:
        whole = math.ceil(self.pull_requests / 50) + math.ceil(self.commits / 100)
        return whole + 3 * self.repositories

    @property
    def second_bar(self) -> int:
        return math.ceil(self.repositories / 100) + 1


def measure(folder: Path) -> Requests:
    """Load the histories of ``folder`` twice from a server of their own.

    Raises:
        RuntimeError: something was not loaded.
    """
    logging.disable(logging.ERROR)
    history = load_rest_history(folder, owner="benchmark")
    with tempfile.TemporaryDirectory() as made, DemoServer(github=history) as server:
        settings = Settings(
            github_token=SecretStr(server.github_token),
            github_api_url=server.github_api_url,
            github_graphql_url=server.github_graphql_url,
            github_org="benchmark",
            warehouse_path=Path(made) / "warehouse.duckdb",
        )
        counted: list[int] = []
        for run in ("first", "second"):
            report = load_github(settings, run_id=run, start=START)
            if report.failures:
                raise RuntimeError(report.failures[0])
            counted.append(len(server.requests) - sum(counted))
    pulls = sum(len(one.pull_requests) for one in history.repositories)
    commits = sum(len(one.history(one.head)) for one in history.repositories if one.head)
    return Requests(len(history.repositories), pulls, commits, *counted)
