"""The best estimate comes near what was really written with Claude, whatever hides it."""

from __future__ import annotations

import pytest

from benchmarks import estimates
from benchmarks.simulated_changes import KINDS

ORGANISATIONS, SEED = 12, 3
# In points: a quarter of work where nobody reads is the worst of the kinds.
MEAN_ERROR = 0.03


@pytest.mark.parametrize("name", KINDS)
def test_the_share_of_a_month_is_near_the_truth(name: str) -> None:
    changes = estimates.organisations(KINDS[name], count=ORGANISATIONS, seed=SEED)

    found = estimates.judge(changes)

    assert SEED != estimates.SEED
    assert abs(found.mean_error) <= MEAN_ERROR
    assert found.within >= 0.75
    # Marks alone miss what the estimate finds.
    assert found.marks_error < -0.08
    assert found.precision >= 0.85
    assert found.recall >= 0.7
