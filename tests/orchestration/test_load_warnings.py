"""What a load stores, and not as it should be, is said by the run and stands at its asset."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from claude_usage.headless import opened
from demo_api import DemoServer
from demo_api.github_faults import BrokenItem
from ingestion.settings import Settings

REPOSITORY = "larkfield/legacy-reports"


def test_a_run_says_what_could_not_be_read_whole_and_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = {
        "WAREHOUSE_PATH": str(tmp_path / "warehouse.duckdb"),
        "PUBLISH_PATH": str(tmp_path / "claude_usage.duckdb"),
        "DAGSTER_HOME": str(tmp_path / "dagster"),
    }
    with DemoServer() as server:
        for name, value in {**server.environment, **paths, "GITHUB_REPOS": REPOSITORY}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("GITHUB_ORG")
        head = server.github.named(REPOSITORY).head or ""
        server.github_api.broken.append(BrokenItem(head, ["additions"], times_out=False))
        config = {"ops": {"github": {"config": {"start": "2026-08-03"}}}}
        with opened(Settings()) as headless:
            outcome = headless.run("load_github", "load", config=config)
            key = dg.AssetKey(["raw_github", "commits"])
            event = headless.instance.get_latest_materialization_event(key)
    assert (outcome.success, outcome.failures) == (True, [])
    (line,) = outcome.warnings
    assert line.startswith(f"commits [{REPOSITORY}]: 1 could not be read whole")
    assert f"{head} (without line counts)" in line
    assert event is not None
    assert event.asset_materialization is not None
    assert event.asset_materialization.metadata["warnings"].value == [line]
