"""The server's clock, and up to when the figures of the analytics reports are there."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from starlette.datastructures import QueryParams

from demo_api.anthropic_protocol import bad_request, instant_parameter

# Neither kind of analytics knows anything before.
FIRST_INSTANT = datetime(2026, 1, 1, tzinfo=UTC)
WIDTHS = {"1d": timedelta(days=1), "1h": timedelta(hours=1), "1m": timedelta(minutes=1)}
_DAY = timedelta(days=1)


def real_now() -> datetime:
    """Return the time of the machine, in UTC."""
    return datetime.now(UTC)


@dataclass
class Freshness:
    """What the date rules go by. ``held_at`` stops the refreshing of usage and cost at a time.

    ``generation`` counts refreshes of the figures: cursors from before one have expired.
    """

    now: Callable[[], datetime] = real_now
    held_at: datetime | None = None
    generation: int = field(default=0)

    def refreshed_at(self) -> datetime:
        """Return up to when usage and cost are whole: an hour ago, by full hours."""
        if self.held_at is not None:
            return self.held_at
        return (self.now() - WIDTHS["1h"]).replace(minute=0, second=0, microsecond=0)

    def newest_activity_day(self) -> date:
        """Return the newest day of Enterprise activity: a day is there at 10:00 of the next."""
        return (self.now() - timedelta(hours=10)).date() - _DAY


@dataclass(frozen=True)
class Span:
    """An asked range, half-open in UTC, and the buckets it is cut into; null is one for all."""

    start: datetime
    end: datetime
    width: timedelta | None

    def bucket(self, moment: datetime) -> tuple[datetime, datetime]:
        """Return the bounds of the bucket that ``moment`` falls into."""
        if self.width is None:
            return self.start, self.end
        start = moment - (moment - FIRST_INSTANT) % self.width
        return start, start + self.width

    def days(self) -> list[str]:
        """Return all days the range touches, oldest first."""
        first, last = self.start.date(), (self.end - timedelta(microseconds=1)).date()
        return [str(first + timedelta(days=i)) for i in range((last - first).days + 1)]


def report_span(query: QueryParams, freshness: Freshness, width_name: str) -> Span:
    """Return the range of a usage or cost query; 400 where the documented rules forbid it."""
    width = query.get(width_name)
    if width is not None and width not in WIDTHS:
        raise bad_request(f"{width_name}: Input should be one of {', '.join(WIDTHS)}")
    start, end = instant_parameter(query, "starting_at"), instant_parameter(query, "ending_at")
    now = freshness.now()
    if start is None:
        raise bad_request("starting_at: Field required")
    if start < FIRST_INSTANT:
        raise bad_request("starting_at: Must not be before 2026-01-01T00:00:00Z")
    if start < now - timedelta(days=365):
        raise bad_request("starting_at: Must be within the last 365 days")
    if end is None:
        if width is not None:
            raise bad_request(f"ending_at: Field required with {width_name}")
        end = min(now, start + timedelta(days=31))
    if end <= start:
        raise bad_request("ending_at: Must be after starting_at")
    if end - start > timedelta(days=31):
        raise bad_request("ending_at: The range may span at most 31 days")
    if width == "1m" and end - start > _DAY:
        raise bad_request("ending_at: The range may span at most 24 hours with 1m")
    unit = WIDTHS[width or "1h"]
    start -= (start - FIRST_INSTANT) % unit
    if width is None:
        end -= (end - FIRST_INSTANT) % unit
    return Span(start, end, WIDTHS[width] if width else None)


def day_parameter(query: QueryParams, name: str) -> date | None:
    """Return a ``YYYY-MM-DD`` parameter; 400 for anything else and before 2026-01-01."""
    text = query.get(name)
    if text is None:
        return None
    try:
        day = date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
    except ValueError:
        day = None
    if day is None:
        raise bad_request(f"{name}: Input should be a valid date in the format YYYY-MM-DD")
    if day < FIRST_INSTANT.date():
        raise bad_request(f"{name}: Data is available from 2026-01-01")
    return day


def ready_day(name: str, day: date, freshness: Freshness) -> None:
    """Refuse a day of Enterprise activity that is not there yet, naming the newest one."""
    newest = freshness.newest_activity_day()
    if day > newest:
        raise bad_request(
            f"{name}: Data for {day} is not available yet. "
            f"The most recent available date is {newest}."
        )
