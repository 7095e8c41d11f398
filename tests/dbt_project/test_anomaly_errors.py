"""What the alarms find, and how often they are false, on organisations they were not set on."""

from __future__ import annotations

import pytest

from benchmarks import anomalies

ORGANISATIONS, SEED = 12, 3
KINDS = {"actor_key", "model", "organization", "person", "workspace"}
# Months of one scope; so few organisations say little of their own.
MOST_FALSE_PER_100_MONTHS = {
    "person": 22,
    "actor_key": 36,
    "workspace": 26,
    "model": 28,
    "organization": 45,
}


@pytest.fixture(scope="module")
def found() -> dict[str, anomalies.Errors]:
    return anomalies.judge(organisations=ORGANISATIONS, seed=SEED)


def test_false_alarms_are_few(found: dict[str, anomalies.Errors]) -> None:
    assert SEED not in (anomalies.DESIGN_SEED, anomalies.SEED)
    assert found.keys() == KINDS
    for kind, most in MOST_FALSE_PER_100_MONTHS.items():
        assert found[kind].per_100_months <= most, kind


def test_large_jumps_are_found_and_smaller_ones_that_last(
    found: dict[str, anomalies.Errors],
) -> None:
    for kind in KINDS:
        of_kind = found[kind].found
        assert of_kind[1, 20] >= 0.7, kind
        assert of_kind[3, 10] >= 0.75, kind
    # Days in a row are found where one is not.
    assert found["person"].found[3, 4] >= found["person"].found[1, 4] + 0.15
    assert found["organization"].found[3, 4] >= 0.8
    assert found["organization"].found[3, 2] >= 0.5
