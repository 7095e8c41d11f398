"""A warehouse of its own for each test, and one place for what dbt has parsed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hand_made_warehouse import Warehouse

from ingestion import warehouse


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("target")


@pytest.fixture
def stored(tmp_path: Path, target: Path) -> Warehouse:
    made = Warehouse(tmp_path, target)
    with warehouse.prepared(made.path):
        return made
