"""Attribution of small cases with the answer wanted, which lie beside the project.

They are not part of it: `ATTRIBUTION_CASES_PATH` says where they are.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from attribution_cases import answers, evidence
from hand_made_warehouse import Warehouse

BESIDE = Path(__file__).parents[3] / "shared" / "data" / "attribution_cases" / "cases.jsonl"
CASES = Path(os.environ.get("ATTRIBUTION_CASES_PATH", BESIDE))

pytestmark = pytest.mark.skipif(
    not CASES.exists(), reason="the cases are not here (ATTRIBUTION_CASES_PATH)"
)


def test_cases_are_attributed_as_they_want(
    stored: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = {one["case"]: one for one in map(json.loads, CASES.read_text().splitlines())}

    said = answers(stored, cases)

    found = evidence(stored, cases)
    failed = {}
    for name, case in cases.items():
        want = case["want"]["attribution"], case["want"].get("person", said[name].person)
        got = said[name].attribution, said[name].person
        wrong_squash = said[name].commit_attribution not in (None, got[0])
        if want != got or wrong_squash:
            failed[name] = f"{want} {said[name]} {found[name]}"
    with capsys.disabled():
        print(f"\ncases: {len(cases) - len(failed)} of {len(cases)}")
        for name, text in failed.items():
            print(f"  {'arguable ' if cases[name].get('arguable') else ''}{name}: {text}")
    assert not [name for name in failed if not cases[name].get("arguable")]
