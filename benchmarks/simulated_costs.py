"""Invented daily costs of organisations, with what makes forecasts of them err.

Each has a weekly cycle and heavy-tailed days. A world adds days that resemble the day before,
lasting shifts of level, growth or decline, and holidays.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class World:
    """How costs are made; spreads are standard deviations of log dollars.

    ``alike``: largest correlation with the day before. ``shifts``: largest number in a year,
    each of spread ``shift``. ``growth``: largest of a day. ``holidays``: single days and a
    week that cost little.
    """

    alike: float = 0.0
    shifts: int = 0
    shift: float = 0.35
    growth: float = 0.0
    holidays: bool = False


WORLDS = {
    "days independent": World(),
    "days alike": World(alike=0.8),
    "shifts of level": World(shifts=4),
    "growth or decline": World(growth=0.005),
    "holidays": World(holidays=True),
    "all of these": World(alike=0.8, shifts=4, growth=0.005, holidays=True),
}


def make(world: World, first: date, days: int, rng: np.random.Generator) -> Floats:
    """Return the US dollars of each day of one organisation."""
    dates = [first + timedelta(number) for number in range(days)]
    is_weekend = np.array([day.isoweekday() >= 6 for day in dates])
    log = rng.normal(5, 1) + np.arange(days) * rng.uniform(-0.3, 1) * world.growth
    log += rng.uniform(0.15, 0.6) * _series(rng.uniform(0, world.alike), days, rng)
    for _ in range(rng.integers(0, world.shifts + 1)):
        log[rng.integers(0, days) :] += rng.normal(0, world.shift)
    log += np.where(is_weekend, np.log(rng.uniform(0.02, 0.6)), 0)
    if world.holidays:
        log[rng.integers(0, days, days // 45)] += np.log(0.2)
        start = rng.integers(0, days - 7)
        log[start : start + 7] += np.log(0.3)
    return np.asarray(np.exp(log), dtype=np.float64)


def _series(alike: float, days: int, rng: np.random.Generator) -> Floats:
    """Return values of variance 1, each correlated by ``alike`` with the one before."""
    drawn = rng.normal(size=days)
    for day in range(1, days):
        drawn[day] = alike * drawn[day - 1] + np.sqrt(1 - alike**2) * drawn[day]
    return drawn
