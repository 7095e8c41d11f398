"""Effects on changes of code, by repository and over all: a table of cells in, a table out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from estimates import staggered
from estimates.staggered import AFTER, BEFORE, EARLIER, Cells, Comparison, Rules

ALL = "all"
ROLES = {"earlier": EARLIER, "before": BEFORE, "after": AFTER}

EFFECTS = pa.schema(
    [
        pa.field("repository", pa.string()),
        pa.field("measure", pa.string()),
        pa.field("compared_author_count", pa.int64()),
        pa.field("author_count_of_any_period", pa.int64()),
        pa.field("control_author_count", pa.int64()),
        pa.field("change_count_before", pa.int64()),
        pa.field("change_count_after", pa.int64()),
        pa.field("level_before", pa.float64()),
        pa.field("level_expected", pa.float64()),
        pa.field("effect", pa.float64()),
        pa.field("effect_low", pa.float64()),
        pa.field("effect_high", pa.float64()),
        pa.field("smallest_detectable_effect", pa.float64()),
        pa.field("interval_confidence", pa.float64()),
        pa.field("rows_of_measure", pa.int64()),
    ]
)


@dataclass(frozen=True)
class Asked:
    """The rules of each comparison, the confidence of all rows of a measure, and the power."""

    rules: Rules
    confidence: float = 0.95
    power: float = 0.8


def effects(cells: pa.Table, asked: Asked) -> pa.Table:
    """Return a row for each repository and measure, and for all repositories.

    Args:
        cells: repository, measure, person_key, period_number, comparison_role, change_count and
            total; one row for each combination of the first five.

    Repositories' intervals hold together: each has the confidence at which all of a measure that
    are shown do with ``asked.confidence``. The row of all repositories stands by itself.
    """
    rows: list[dict[str, Any]] = []
    for measure in sorted(pc.unique(cells["measure"]).to_pylist()):
        of_measure = cells.filter(pc.equal(cells["measure"], measure))
        compared = dict(_compared(of_measure, asked.rules))
        shown = sum(one.effect is not None for name, one in compared.items() if name != ALL)
        for repository, comparison in compared.items():
            together = 1 if repository == ALL else max(shown, 1)
            rows.append(
                {"repository": repository, "measure": measure, "rows_of_measure": together}
                | _row(comparison, asked, together)
            )
    return pa.Table.from_pylist(rows, EFFECTS)


def _compared(cells: pa.Table, rules: Rules) -> Iterator[tuple[str, Comparison]]:
    """Compare within each repository, and over all with a level of each person in each."""
    repository = cells["repository"].combine_chunks().dictionary_encode()
    of_all, repositories = _cells(cells), repository.indices.to_numpy()
    yield ALL, staggered.compare(of_all, rules)
    for index, name in enumerate(repository.dictionary.to_pylist()):
        chosen = repositories == index
        parts = (getattr(of_all, field)[chosen] for field in Cells.__dataclass_fields__)
        yield name, staggered.compare(Cells(*parts), rules)


def _cells(table: pa.Table) -> Cells:
    person = _codes(table["person_key"])
    repository = _codes(table["repository"])
    role = np.array([ROLES[name] for name in _names(table["comparison_role"])], np.int64)
    period = table["period_number"].to_numpy()
    return Cells(
        person=person,
        unit=person * (repository.max(initial=0) + 1) + repository,
        period=period - period.min(initial=0),
        role=role[_codes(table["comparison_role"])],
        count=table["change_count"].to_numpy().astype(np.float64),
        total=table["total"].to_numpy(),
    )


def _codes(column: pa.ChunkedArray) -> staggered.Ints:
    codes: staggered.Ints = column.combine_chunks().dictionary_encode().indices.to_numpy()
    return codes.astype(np.int64)


def _names(column: pa.ChunkedArray) -> list[str]:
    names: list[str] = column.combine_chunks().dictionary_encode().dictionary.to_pylist()
    return names


def _row(comparison: Comparison, asked: Asked, together: int) -> dict[str, Any]:
    confidence = staggered.simultaneous(asked.confidence, together)
    row: dict[str, Any] = {
        "compared_author_count": comparison.people,
        "author_count_of_any_period": comparison.people_of_any_period,
        "control_author_count": comparison.controls,
        "change_count_before": comparison.changes_before,
        "change_count_after": comparison.changes_after,
        "interval_confidence": confidence,
    }
    if (effect := comparison.effect) is None:
        return row
    low, high = effect.interval(confidence)
    return row | {
        "level_before": effect.before,
        "level_expected": effect.expected,
        "effect": effect.effect,
        "effect_low": low,
        "effect_high": high,
        "smallest_detectable_effect": effect.smallest_detectable(confidence, asked.power),
    }
