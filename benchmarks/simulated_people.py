"""Invented daily costs of people, keys and models, and of the workspaces and organisations they add
up to.

Logs of a person's days spread by 0.3 to 0.8, one day of twenty half as far again, and resemble the
day before. Levels grow or decline and shift now and then; there are weekends, holidays and weeks
off. A person's day of use costs about what is published of Claude Code: 13 US dollars in the mean,
less than 30 on nine of ten.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
MODELS = 4


@dataclass(frozen=True)
class Costs:
    """US dollars of each day of one scope; days without use cost nothing."""

    scope_type: str
    usd: Floats


def make(first: date, days: int, rng: np.random.Generator) -> Iterator[Costs]:
    """Yield all scopes of one organisation of 30 to 100 people in workspaces of 5 to 20."""
    worked = _working(first, days, rng)
    people = _costs(int(rng.integers(30, 101)), worked, rng, level=6.3, spread=0.7)
    # Scheduled work goes on at weekends and holidays.
    keys = _costs(int(rng.integers(1, 6)), np.full(days, 0.95), rng, level=10, spread=1)
    spenders = np.concatenate([people, keys])
    workspaces = _workspaces(len(people), len(keys), rng)
    shares = _shares(len(spenders), days, rng)
    yield from (Costs("person", usd) for usd in people)
    yield from (Costs("actor_key", usd) for usd in keys)
    for number in range(workspaces.max() + 1):
        yield Costs("workspace", spenders[workspaces == number].sum(axis=0))
    for number in range(MODELS):
        yield Costs("model", (spenders * shares[:, :, number]).sum(axis=0))
    yield Costs("organization", spenders.sum(axis=0))


def _working(first: date, days: int, rng: np.random.Generator) -> Floats:
    """Return how likely it is that somebody works on a day, of whoever works on all."""
    dates = [first + timedelta(number) for number in range(days)]
    likely = np.where([day.isoweekday() >= 6 for day in dates], rng.uniform(0.02, 0.2), 1.0)
    likely[rng.integers(0, days, days // 45)] *= 0.2
    start = rng.integers(0, days - 7)
    likely[start : start + 7] *= 0.3
    return likely


def _costs(
    count: int, worked: Floats, rng: np.random.Generator, *, level: float, spread: float
) -> Floats:
    """Return the days of so many people or keys, one row of days for each."""
    days = len(worked)
    log = np.log(level) + rng.normal(0, spread, (count, 1))
    log = log + np.arange(days) * rng.uniform(-0.3, 1) * 0.005 * rng.uniform(0, 1)
    for row in log:
        for _ in range(rng.integers(0, 4)):
            row[rng.integers(0, days) :] += rng.normal(0, 0.35)
    noise = _series(rng.uniform(0, 0.6, count), days, rng)
    noise *= np.where(rng.random((count, days)) < 0.05, 1.5, 1)
    log += rng.uniform(0.3, 0.8, (count, 1)) * noise
    # What all have in common: a release, an incident.
    log += rng.uniform(0.05, 0.2) * _series(rng.uniform(0, 0.6, 1), days, rng)
    is_used = rng.random((count, days)) < worked * rng.uniform(0.5, 0.98, (count, 1))
    for row in is_used:
        start = rng.integers(0, days - 14)
        row[start : start + 14] = False
    return np.where(is_used, np.exp(log), 0.0)


def _series(alike: Floats, days: int, rng: np.random.Generator) -> Floats:
    """Return rows of variance 1, each value correlated by ``alike`` with the one before."""
    drawn = rng.normal(size=(len(alike), days))
    for day in range(1, days):
        drawn[:, day] = alike * drawn[:, day - 1] + np.sqrt(1 - alike**2) * drawn[:, day]
    return drawn


def _workspaces(people: int, keys: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the number of the workspace of each person, then of each key."""
    sizes: list[int] = []
    while sum(sizes) < people:
        sizes.append(int(rng.integers(5, 21)))
    of_people = np.repeat(np.arange(len(sizes)), sizes)[:people]
    return np.concatenate([of_people, rng.integers(0, of_people.max() + 1, keys)])


def _shares(count: int, days: int, rng: np.random.Generator) -> Floats:
    """Return the part of each model in each day: everybody has habits and leaves them at times."""
    habits = rng.dirichlet(np.ones(MODELS), (count, 1))
    drawn = habits * rng.exponential(1, (count, days, MODELS))
    return np.asarray(drawn / drawn.sum(axis=2, keepdims=True), dtype=np.float64)
