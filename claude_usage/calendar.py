"""The calendar of what is complete: a line a month, a sign a day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from rich.text import Text

from ingestion.plan import DayState

# A revised day is complete too: its source has changed it since it was first read.
SIGNS = {
    "complete": ("■", "green"),
    "revised": ("◆", "cyan"),
    "partial": ("◐", "yellow"),
    "not_ready": ("○", "dim"),
    "missing": ("·", "bold yellow"),
    "failed": ("✗", "bold red"),
}


def legend() -> Text:
    """Return what each sign means."""
    parts = [(f"{sign} {words(state)}   ", style) for state, (sign, style) in SIGNS.items()]
    return Text.assemble("Days, UTC:  ", *parts)


def calendar(days: Sequence[DayState], *, months: int) -> Iterator[Text]:
    """Yield a heading for each family, a line for each of its last ``months`` months, oldest first.

    Months before those are one line of counts. ``days`` are sorted by source, family and day.
    """
    for (source, family), found in groupby(days, key=lambda one: (one.source, one.family)):
        monthly = groupby(found, key=lambda one: f"{one.day:%Y-%m}")
        by_month = {month: list(some) for month, some in monthly}
        shown = list(by_month)[-months:]
        older = [one for month, some in by_month.items() if month not in shown for one in some]
        yield Text(f"{source}, {words(family)}", style="bold")
        if older:
            yield Text(f"  before {shown[0]}: {_counts(older)}", style="dim")
        for month in shown:
            yield _line(month, by_month[month])


def words(name: str) -> str:
    """Return an identifier as words."""
    return name.replace("_", " ")


def _line(month: str, days: Iterable[DayState]) -> Text:
    signs = {one.day.day: SIGNS[_state(one)] for one in days}
    cells = [signs.get(number, (" ", "")) for number in range(1, max(signs) + 1)]
    return Text.assemble(f"  {month}  ", *cells)


def _counts(days: Iterable[DayState]) -> str:
    counted = Counter(_state(one) for one in days)
    return ", ".join(f"{n:,} {words(state)}" for state, n in counted.most_common())


def _state(one: DayState) -> str:
    return "revised" if one.state == "complete" and one.revised_at else one.state
