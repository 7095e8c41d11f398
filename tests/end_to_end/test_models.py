"""The models' own unit tests, which need the columns of what is built and none of its rows."""

from __future__ import annotations

import json
from pathlib import Path

from tests.end_to_end.conftest import Place, run_dbt


def test_each_unit_test_of_the_models_holds(two_days: Place, tmp_path: Path) -> None:
    target = run_dbt(two_days.warehouse, tmp_path, "test", "--select", "test_type:unit")

    results = json.loads((target / "run_results.json").read_text())["results"]
    manifest = json.loads((target / "manifest.json").read_text())
    tests = [one for one in results if not one["unique_id"].startswith("operation.")]
    assert {one["unique_id"] for one in tests} == manifest["unit_tests"].keys()
    assert {one["status"] for one in tests} == {"pass"}
