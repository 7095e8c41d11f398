"""UTC days and half-open windows of days."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, order=True)
class Days:
    """A run of UTC days, half-open: ``start`` is in, ``end`` is not."""

    start: date
    end: date

    def __iter__(self) -> Iterator[date]:
        day = self.start
        while day < self.end:
            yield day
            day += ONE_DAY

    def __len__(self) -> int:
        return (self.end - self.start).days

    def __str__(self) -> str:
        last = self.end - ONE_DAY
        return str(self.start) if last == self.start else f"{self.start}..{last}"


def midnight(day: date) -> datetime:
    """Return the UTC instant at which ``day`` begins."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def today(now: datetime | None = None) -> date:
    """Return the current UTC day."""
    return (now or datetime.now(UTC)).date()


def runs(days: Iterable[date], *, longest: int) -> list[Days]:
    """Group ``days`` into runs of consecutive days of at most ``longest`` each, oldest first.

    >>> days = [date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 5)]
    >>> [str(run) for run in runs(days, longest=31)]
    ['2026-01-01..2026-01-02', '2026-01-05']
    """
    found: list[Days] = []
    for day in sorted(set(days)):
        if found and found[-1].end == day and len(found[-1]) < longest:
            found[-1] = Days(found[-1].start, day + ONE_DAY)
        else:
            found.append(Days(day, day + ONE_DAY))
    return found
