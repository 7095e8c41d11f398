"""Jobs of the real definitions, run in this process against a demo server and a small warehouse."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from claude_usage.headless import Headless, Outcome
from demo_api import DemoServer
from orchestration.assets.published import published_file
from orchestration.assets.quality import great_expectations
from orchestration.definitions import defs
from orchestration.partitions import range_tags
from tests.orchestration.stack import days

# A model nobody knows was in use then, which is worth a warning.
FIRST, LAST = date(2026, 10, 12), date(2026, 10, 14)
DAYS = days(str(FIRST), str(LAST))

# The Great Expectations suites and what follows them, without building the marts anew.
CHECK_AND_PUBLISH = dg.define_asset_job(
    "check_and_publish",
    selection=dg.AssetSelection.checks(great_expectations)
    | dg.AssetSelection.assets(published_file),
)


@dataclass(frozen=True)
class Place:
    """A folder with a warehouse and a published file, and what runs jobs on them."""

    folder: Path
    headless: Headless
    server_environment: dict[str, str]

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        return self.folder / "claude_usage.duckdb"

    def variables(self) -> dict[str, str]:
        paths = {"WAREHOUSE_PATH": str(self.warehouse), "PUBLISH_PATH": str(self.published)}
        return self.server_environment | paths

    def set_variables(self, patch: pytest.MonkeyPatch) -> None:
        for name, value in self.variables().items():
            patch.setenv(name, value)


@dataclass(frozen=True)
class Built:
    """A place where a few days were loaded, built, checked and published, and how that went."""

    place: Place
    outcomes: dict[str, Outcome]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    definitions = dg.Definitions.merge(defs, dg.Definitions(jobs=[CHECK_AND_PUBLISH]))
    with dg.DagsterInstance.ephemeral() as instance:
        folder = tmp_path_factory.mktemp("built")
        with DemoServer() as server, pytest.MonkeyPatch.context() as patch:
            place = Place(folder, Headless(instance, definitions), server.environment)
            place.set_variables(patch)
            run = place.headless.run
            start = {"ops": {"github": {"config": {"start": str(FIRST)}}}}
            outcomes = {
                "load_anthropic": run("load_anthropic", "load", tags=range_tags(FIRST, LAST)),
                "load_github": run("load_github", "load", config=start),
                "build_marts": run("build_marts", "build"),
            }
        # The variables are taken back: tests of other folders may follow in this process.
        yield Built(place, outcomes)


@pytest.fixture
def place(built: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A copy of the place, to spoil. No server answers: only what is stored can be used."""
    shutil.copytree(built.place.folder, tmp_path / "copy", symlinks=True)
    copy = replace(built.place, folder=tmp_path / "copy")
    copy.set_variables(monkeypatch)
    return copy
