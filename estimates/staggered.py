"""What changed for people when they began something, against those who had not begun yet.

Each person begins on a day of their own, and some never do. A person's outcomes after that day are
held against their own before it, less what changed meanwhile for people who had not begun. The
interval leaves out one person at a time, whose outcomes are alike, and so knows of it.

The estimator is the imputation estimator of Borusyak, Jaravel and Spiess, "Revisiting Event-Study
Designs" (Review of Economic Studies, 2024): effects of unit and period come from outcomes of people
who had not begun; here each person counts once. The jackknife over clusters is that of Bell and
McCaffrey (2002), with Student's t of one degree of freedom less than there are people left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

# Roles of a cell. Outcomes of both `EARLIER` and `BEFORE` are of somebody who had not begun.
EARLIER, BEFORE, AFTER = 0, 1, 2

# Solves also where a period is not tied to the others; too small to be seen elsewhere.
_RIDGE = 1e-9
# Of all people at once, the matrices of some hundreds of periods would not fit into memory.
_AT_ONCE = 512


@dataclass(frozen=True)
class Cells:
    """Sums of outcomes: parallel arrays, a cell for each unit, period and role.

    ``person`` is the cluster, ``unit`` what has a level of its own (a person in a repository; each
    belongs to one person), ``period`` counts from 0. ``total`` is the sum of ``count`` outcomes.
    """

    person: Ints
    unit: Ints
    period: Ints
    role: Ints
    count: Floats
    total: Floats


@dataclass(frozen=True)
class Rules:
    """What a comparison asks for.

    ``changes``: outcomes a unit needs on each side. ``controls``: people who had not begun that a
    period needs. ``people``: who began and can be compared, below which nothing is estimated.
    """

    changes: int
    controls: int
    people: int


@dataclass(frozen=True)
class Effect:
    """A mean effect on the scale of the outcomes, each person who began counting once.

    ``before`` is the mean level before, ``expected`` that after as it would have been.
    """

    effect: float
    before: float
    expected: float
    standard_error: float
    degrees_of_freedom: int

    def interval(self, confidence: float) -> tuple[float, float]:
        """Return the ends of the interval that holds the true effect with ``confidence``."""
        width = self._quantile((1 + confidence) / 2) * self.standard_error
        return self.effect - width, self.effect + width

    def smallest_detectable(self, confidence: float, power: float) -> float:
        """Return the size of effect that would have left zero out of its interval so often."""
        quantiles = self._quantile((1 + confidence) / 2) + self._quantile(power)
        return quantiles * self.standard_error

    def _quantile(self, share: float) -> float:
        return float(stats.t.ppf(share, self.degrees_of_freedom))


@dataclass(frozen=True)
class Comparison:
    """An effect, or null where it has too little to rest on, and what it rests on.

    ``people``: who began and are compared; ``people_of_any_period``: who would be if each period
    had enough people who had not begun.
    """

    people: int
    people_of_any_period: int
    controls: int
    changes_before: int
    changes_after: int
    effect: Effect | None


def simultaneous(confidence: float, comparisons: int) -> float:
    """Return the confidence of each of several intervals that all hold with ``confidence``."""
    return float(confidence ** (1 / max(comparisons, 1)))


def compare(cells: Cells, rules: Rules) -> Comparison:
    """Hold outcomes after people began against their own before, and against who had not begun."""
    frame = _Frame.of(_in_known_periods(cells, rules.controls), rules.changes)
    people = len(frame.people_who_began)
    enough = people >= max(rules.people, 2)
    return Comparison(
        people=people,
        people_of_any_period=len(_Frame.of(cells, rules.changes).people_who_began),
        controls=len(frame.controls),
        changes_before=int(frame.used_before.sum()),
        changes_after=int(frame.used_after.sum()),
        effect=_effect(frame) if enough else None,
    )


def _effect(frame: _Frame) -> Effect:
    _, effects, before, expected = frame.person_effects(frame.period_effects())
    standard_error, left_out = _jackknife(frame)
    return Effect(
        effect=float(effects.mean()),
        before=float(before.mean()),
        expected=float(expected.mean()),
        standard_error=standard_error,
        degrees_of_freedom=left_out - 1,
    )


def _in_known_periods(cells: Cells, controls: int) -> Cells:
    """Leave out periods in which fewer than ``controls`` people had not begun."""
    untreated = cells.role != AFTER
    pairs = np.unique(np.stack([cells.period[untreated], cells.person[untreated]]), axis=1)
    periods = int(cells.period.max(initial=-1)) + 1
    known = np.bincount(pairs[0], minlength=periods) >= controls
    kept = known[cells.period]
    return Cells(*(getattr(cells, name)[kept] for name in Cells.__dataclass_fields__))


@dataclass(frozen=True)
class _Frame:
    """Sums by unit: of the untreated by period, and of both sides of who began.

    Arrays of units x periods: ``counts`` and ``totals`` of the untreated, ``shift`` the share of
    each period after, less that before. ``used``: units with enough on both sides.
    """

    person_of_unit: Ints
    counts: Floats
    totals: Floats
    shift: Floats
    difference: Floats
    level_before: Floats
    weight: Floats
    used: Bools
    used_before: Floats
    used_after: Floats

    @classmethod
    def of(cls, cells: Cells, changes: int) -> _Frame:
        _, unit = np.unique(cells.unit, return_inverse=True)
        _, period = np.unique(cells.period, return_inverse=True)
        units, periods = int(unit.max(initial=-1)) + 1, int(period.max(initial=-1)) + 1
        person_of_unit = np.zeros(units, np.int64)
        person_of_unit[unit] = cells.person

        def summed(chosen: Bools, values: Floats) -> Floats:
            found = np.zeros((units, periods))
            np.add.at(found, (unit[chosen], period[chosen]), values[chosen])
            return found

        untreated, before, after = (
            cells.role != AFTER,
            cells.role == BEFORE,
            cells.role == AFTER,
        )
        counts_before, counts_after = summed(before, cells.count), summed(after, cells.count)
        n_before, n_after = counts_before.sum(1), counts_after.sum(1)
        used = (n_before >= changes) & (n_after >= changes)
        safe_before, safe_after = np.maximum(n_before, 1), np.maximum(n_after, 1)
        level_before = summed(before, cells.total).sum(1) / safe_before
        level_after = summed(after, cells.total).sum(1) / safe_after
        return cls(
            person_of_unit=person_of_unit,
            counts=summed(untreated, cells.count),
            totals=summed(untreated, cells.total),
            shift=counts_after / safe_after[:, None] - counts_before / safe_before[:, None],
            difference=level_after - level_before,
            level_before=level_before,
            # Of one person in several repositories: what is known best counts most.
            weight=np.where(used, n_before * n_after / np.maximum(n_before + n_after, 1), 0.0),
            used=used,
            used_before=np.where(used, n_before, 0.0),
            used_after=np.where(used, n_after, 0.0),
        )

    @property
    def people_who_began(self) -> Ints:
        return np.unique(self.person_of_unit[self.used])

    @property
    def controls(self) -> Ints:
        """People with two outcomes at least before they began, which tell how periods differ."""
        return np.unique(self.person_of_unit[self.counts.sum(1) > 1])

    def equations_of_units(self) -> tuple[Floats, Floats]:
        """Return, for each unit, its part of the equations of the periods' effects.

        Least squares of the untreated, with each unit's own level taken out.
        """
        share = self.counts / np.maximum(self.counts.sum(1), 1)[:, None]
        matrices = -share[:, :, None] * self.counts[:, None, :]
        places = np.arange(self.counts.shape[1])
        matrices[:, places, places] += self.counts
        return matrices, self.totals - share * self.totals.sum(1)[:, None]

    def equations(self) -> tuple[Floats, Floats]:
        """Return their sums over all units."""
        share = self.counts / np.maximum(self.counts.sum(1), 1)[:, None]
        matrix = np.diag(self.counts.sum(0)) - share.T @ self.counts
        return matrix, self.totals.sum(0) - share.T @ self.totals.sum(1)

    def period_effects(self) -> Floats:
        """Return what each period adds for those who had not begun."""
        matrix, vector = self.equations()
        effects: Floats = _solved(matrix[None], vector[None])[0]
        return effects

    def person_effects(self, effects: Floats) -> tuple[Ints, Floats, Floats, Floats]:
        """Return who began, their effects, levels before, and levels expected after."""
        change = self.shift[self.used] @ effects
        level = self.level_before[self.used]
        return (
            self.people_who_began,
            self._by_person(self.difference[self.used] - change),
            self._by_person(level),
            self._by_person(level + change),
        )

    def person_shifts(self) -> Floats:
        """Return, for each person who began, the share of each period after, less that before."""
        return np.stack([self._by_person(column) for column in self.shift[self.used].T], axis=1)

    def _by_person(self, values: Floats) -> Floats:
        """Return the weighted means of used units' values by person."""
        _, place = np.unique(self.person_of_unit[self.used], return_inverse=True)
        weight = self.weight[self.used]
        return np.bincount(place, weight * values) / np.bincount(place, weight)


def _solved(matrices: Floats, vectors: Floats) -> Floats:
    size = matrices.shape[1]
    scale = np.trace(matrices, axis1=1, axis2=2)[:, None, None] + 1.0
    ridge = _RIDGE * scale * np.eye(size)
    return np.linalg.solve(matrices + ridge, vectors[:, :, None])[:, :, 0]


def _jackknife(frame: _Frame) -> tuple[float, int]:
    """Return the standard error, from the estimates without each person in turn, and how many."""
    people = np.union1d(frame.people_who_began, frame.controls)
    effects = np.concatenate(
        [_without_each(frame, people[i : i + _AT_ONCE]) for i in range(0, len(people), _AT_ONCE)]
    )
    n = len(people)
    return float(np.sqrt((n - 1) / n * np.sum((effects - effects.mean()) ** 2))), n


def _without_each(frame: _Frame, people: Ints) -> Floats:
    """Return the mean effect without each of ``people``: the others' equations, solved anew."""
    mine = np.flatnonzero(np.isin(frame.person_of_unit, people))
    own = _Frame(*(getattr(frame, name)[mine] for name in _Frame.__dataclass_fields__))
    place, periods = np.searchsorted(people, own.person_of_unit), frame.counts.shape[1]
    matrices, vectors = np.zeros((len(people), periods, periods)), np.zeros((len(people), periods))
    of_units = own.equations_of_units()
    np.add.at(matrices, place, of_units[0])
    np.add.at(vectors, place, of_units[1])
    matrix, vector = frame.equations()
    solved = _solved(matrix - matrices, vector - vectors)
    # A person's effect is a difference less shifts between periods times what periods add.
    began, difference, *_ = frame.person_effects(np.zeros(periods))
    effects = difference - solved @ frame.person_shifts().T
    stays = people[:, None] != began[None, :]
    means: Floats = np.where(stays, effects, 0.0).sum(1) / stays.sum(1)
    return means
