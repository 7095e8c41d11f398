"""The interval of a month's forecast holds what the month then cost as often as it says."""

from __future__ import annotations

import pytest

from benchmarks import forecast
from benchmarks.simulated_costs import WORLDS

ORGANISATIONS, SEED = 40, 3
OF_WORLD = (0.70, 0.90)


def test_four_of_five_intervals_hold_the_cost_of_the_month() -> None:
    found = forecast.judge(forecast.of_all_worlds(organisations=ORGANISATIONS, seed=SEED))

    assert SEED != forecast.DESIGN_SEED
    assert 0.76 <= found.covered <= 0.84
    assert list(found.by_week) == [1, 2, 3, 4, 5]
    assert min(found.by_week.values()) >= 0.70
    assert found.error <= 0.087


@pytest.mark.parametrize("name", WORLDS)
def test_no_kind_of_organisation_is_left_out(name: str) -> None:
    costs = forecast.simulated(WORLDS[name], organisations=ORGANISATIONS, seed=SEED)

    lower, upper = OF_WORLD
    assert lower <= forecast.judge(costs).covered <= upper
