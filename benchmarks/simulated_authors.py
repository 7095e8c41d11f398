"""Invented authors whose pull requests merge faster, slower or as before once they use Claude Code.

What makes comparisons err is in them: weeks in which everything is slow, authors who are slow for a
month, authors of unequal number and speed, heavy tails, beginnings spread over the year, and some
who never begin. What would have been is known beside what was.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from estimates.staggered import AFTER, BEFORE, EARLIER, Cells, Floats, Ints

DAYS_BEFORE, DAYS_AFTER, PERIOD_DAYS = 56, 84, 28
SHORTEST_HOURS, LONGEST_HOURS = 0.25, 14 * 24.0
_NEVER = 10**6


@dataclass(frozen=True)
class World:
    """How an organisation is made. Effects are shares of hours: -0.2 is a fifth faster.

    Spreads are standard deviations of log hours: of authors, of weeks (which drift), of an author's
    months, and of pull requests. ``varied``: of the effects of single authors. ``busy_first``: who
    opens more begins sooner.
    """

    authors: int = 16
    weeks: int = 52
    never: float = 0.25
    effect: float = 0.0
    varied: float = 0.0
    hours: float = 18.0
    spread_of_authors: float = 0.6
    spread_of_weeks: float = 0.12
    spread_of_months: float = 0.25
    spread_of_changes: float = 1.2
    changes_a_week: float = 1.0
    spread_of_rates: float = 0.5
    busy_first: bool = False


@dataclass(frozen=True)
class Organisation:
    """A pull request a place: author, day of opening, hours to merge, and what they would have been
    without Claude Code. ``began``: each author's first day with it, or a day that never comes.
    """

    author: Ints
    day: Ints
    hours: Floats
    hours_without: Floats
    began: Ints

    def since(self, day: int) -> Organisation:
        """Return what is known where loading begins on ``day``: nothing older."""
        kept = self.day >= day
        return replace(
            self,
            author=self.author[kept],
            day=self.day[kept],
            hours=self.hours[kept],
            hours_without=self.hours_without[kept],
        )


def make(world: World, rng: np.random.Generator) -> Organisation:
    """Return an organisation of ``world``."""
    days = world.weeks * 7
    level = np.log(world.hours) + rng.normal(0, world.spread_of_authors, world.authors)
    rates = world.changes_a_week * np.exp(rng.normal(0, world.spread_of_rates, world.authors))
    weeks = np.cumsum(rng.normal(0, world.spread_of_weeks, world.weeks))
    months = rng.normal(0, world.spread_of_months, (world.authors, days // 28 + 1))
    began = _beginnings(world, rates, rng)
    effects = np.log1p(np.clip(rng.normal(world.effect, world.varied, world.authors), -0.95, None))
    author = np.repeat(np.arange(world.authors), rng.poisson(rates * world.weeks))
    day = rng.integers(0, days, len(author))
    logs = level[author] + weeks[day // 7] + months[author, day // 28]
    logs += rng.normal(0, world.spread_of_changes, len(author))
    with_claude = logs + np.where(day >= began[author], effects[author], 0.0)
    return Organisation(author, day, np.exp(with_claude), np.exp(logs), began)


def _beginnings(world: World, rates: Floats, rng: np.random.Generator) -> Ints:
    began = np.full(world.authors, _NEVER)
    adopting = world.authors - round(world.authors * world.never)
    # Not so early or late that one side lacks its days.
    days = rng.integers(DAYS_BEFORE + 14, world.weeks * 7 - 70, adopting)
    if world.busy_first:
        began[np.argsort(-rates)[:adopting]] = np.sort(days)
    else:
        began[:adopting] = days
    return began


def cells(made: Organisation, hours: Floats, *, known_from: int = 0) -> Cells:
    """Return the sums that a comparison takes, as the model `int_comparison_cells` has them."""
    began = made.began[made.author]
    is_comparable = began - DAYS_BEFORE >= known_from
    is_before = is_comparable & (made.day < began) & (made.day >= began - DAYS_BEFORE)
    role = np.where(made.day >= began, AFTER, np.where(is_before, BEFORE, EARLIER))
    kept = (role != AFTER) | (is_comparable & (made.day < began + DAYS_AFTER))
    places = np.stack([made.author, made.day // PERIOD_DAYS, role])[:, kept]
    keys, place = np.unique(places, axis=1, return_inverse=True)
    logs = np.log(np.clip(hours, SHORTEST_HOURS, LONGEST_HOURS))[kept]
    return Cells(
        person=keys[0],
        unit=keys[0],
        period=keys[1],
        role=keys[2],
        count=np.bincount(place).astype(np.float64),
        total=np.bincount(place, logs).astype(np.float64),
    )
