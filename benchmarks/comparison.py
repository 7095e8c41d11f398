"""How often the comparison of authors before and after adoption errs, where the truth is known.

    python -m benchmarks comparison

Organisations are made until as many as asked for have exactly the least number of authors that a
row is shown for: the hardest ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.simulated_authors import Organisation, World, cells, make
from estimates.staggered import Comparison, Effect, Rules, compare

RULES = Rules(changes=5, controls=3, people=10)
CONFIDENCE = 0.95
LATER_STARTS = (14, 28, 42)

NOTHING = World()
WORLDS = {
    "no effect": NOTHING,
    "no effect, months differ twice as much": replace(NOTHING, spread_of_months=0.5),
    "no effect, busy authors begin first": replace(NOTHING, busy_first=True),
    "no effect, one in ten never begins": replace(NOTHING, never=0.1),
    "a fifth faster": replace(NOTHING, effect=-0.2),
    "a fifth faster, but not for all alike": replace(NOTHING, effect=-0.2, varied=0.15),
}


@dataclass(frozen=True)
class Judged:
    """What the comparisons of one world's organisations said.

    Shares of organisations: ``holds_zero`` and ``holds_truth`` of intervals. ``estimated`` and
    ``true`` are mean effects as shares of hours, ``error`` the standard error of their difference
    that is due to the number of organisations.
    """

    organisations: int
    holds_zero: float
    holds_truth: float
    estimated: float
    true: float
    error: float
    smallest_detectable: float


def judge(world: World, *, organisations: int, seed: int) -> Judged:
    """Compare in as many organisations at the minimum of authors, and count."""
    found = list(_at_minimum(world, organisations, np.random.default_rng(seed)))
    effects = np.array([effect.effect for effect, _ in found])
    truths = np.array([truth for _, truth in found])
    ends = np.array([effect.interval(CONFIDENCE) for effect, _ in found])
    detectable = [effect.smallest_detectable(CONFIDENCE, 0.8) for effect, _ in found]
    return Judged(
        organisations=len(found),
        holds_zero=float(np.mean((ends[:, 0] <= 0) & (ends[:, 1] >= 0))),
        holds_truth=float(np.mean((ends[:, 0] <= truths) & (ends[:, 1] >= truths))),
        estimated=float(np.expm1(effects.mean())),
        true=float(np.expm1(truths.mean())),
        error=float((effects - truths).std() / np.sqrt(len(found))),
        smallest_detectable=float(-np.expm1(-np.median(detectable))),
    )


def _at_minimum(
    world: World, organisations: int, rng: np.random.Generator
) -> Iterator[tuple[Effect, float]]:
    """Yield effects of organisations with the least number of authors, and the true ones."""
    found = 0
    while found < organisations:
        made = make(world, rng)
        compared = compare(cells(made, made.hours), RULES)
        if compared.effect is None or compared.people > RULES.people:
            continue
        without = compare(cells(made, made.hours_without), RULES).effect
        assert without is not None
        found += 1
        yield compared.effect, compared.effect.effect - without.effect


@dataclass(frozen=True)
class Moved:
    """What became of results when loading began later.

    ``shown``: pairs of results of one organisation, both shown. ``with_direction``: of them, those
    with a direction twice. ``directions_turned``: of those, where lower became higher or the other
    way round. ``estimates_turned``: where the estimate changed its sign, whatever its interval.
    """

    shown: int
    with_direction: int
    directions_turned: int
    estimates_turned: int


def move_the_start(world: World, *, organisations: int, seed: int) -> Moved:
    """Compare the same organisations with loading begun 2, 4 and 6 weeks later."""
    rng = np.random.default_rng(seed)
    pairs = []
    for _ in range(organisations):
        made = make(world, rng)
        whole = compare(cells(made, made.hours), RULES).effect
        for start in LATER_STARTS:
            later = _known_since(made, start).effect
            if whole is not None and later is not None:
                pairs.append((whole, later))
    directions = [(direction(one), direction(other)) for one, other in pairs]
    return Moved(
        shown=len(pairs),
        with_direction=sum(0 not in pair for pair in directions),
        directions_turned=sum(one * other < 0 for one, other in directions),
        estimates_turned=sum(one.effect * other.effect < 0 for one, other in pairs),
    )


def _known_since(made: Organisation, start: int) -> Comparison:
    known = made.since(start)
    return compare(cells(known, known.hours, known_from=start), RULES)


def direction(effect: Effect) -> int:
    """Return -1 or 1 where the interval leaves zero out, else 0."""
    low, high = effect.interval(CONFIDENCE)
    return (low > 0) - (high < 0)
