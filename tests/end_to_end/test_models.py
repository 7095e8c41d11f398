"""The models' own unit tests, which need the columns of what is built and none of its rows."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.end_to_end.conftest import PROJECT, Place, run_dbt

# As their files name them: to parse the project takes longer than to read it.
NAMES = sorted(
    name
    for path in (PROJECT / "models").rglob("*.yml")
    for _, _, declared in [path.read_text().partition("\nunit_tests:\n")]
    for name in re.findall(r"^  - name: (\w+)$", declared, flags=re.MULTILINE)
)


@pytest.fixture(scope="module")
def ran(two_days: Place, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where dbt has written what it ran, with or without failures."""
    folder = tmp_path_factory.mktemp("unit_tests") / "run"
    select = ("test", "--select", "test_type:unit")
    return run_dbt(two_days.warehouse, folder, *select, may_fail=True)


@pytest.fixture(scope="module")
def results(ran: Path) -> dict[str, tuple[str, str | None]]:
    """Return how each test ended and what dbt says of it, by name."""
    results = json.loads((ran / "run_results.json").read_text())["results"]
    return {
        one["unique_id"].split(".")[-1]: (one["status"], one["message"])
        for one in results
        if one["unique_id"].startswith("unit_test.")
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_unit_test_of_a_model_holds(
    results: dict[str, tuple[str, str | None]], name: str
) -> None:
    status, message = results[name]

    assert status == "pass", message


def test_each_unit_test_of_the_models_is_seen(
    ran: Path, results: dict[str, tuple[str, str | None]]
) -> None:
    manifest = json.loads((ran / "manifest.json").read_text())

    assert sorted(one["name"] for one in manifest["unit_tests"].values()) == NAMES
    assert sorted(results) == NAMES
