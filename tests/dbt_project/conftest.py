"""A warehouse of its own for each test, and one place for what dbt has parsed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from filelock import FileLock
from hand_made_warehouse import PROJECT, Warehouse

from ingestion import warehouse


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("target")
    # What other tests have had parsed, where there were any. Under the lock of who parses.
    parsed = PROJECT / "target" / "partial_parse.msgpack"
    if parsed.exists():
        with FileLock(parsed.with_name("manifest.lock")):
            shutil.copy(parsed, folder)
    return folder


@pytest.fixture
def stored(tmp_path: Path, target: Path) -> Warehouse:
    made = Warehouse(tmp_path, target)
    with warehouse.prepared(made.path):
        return made
