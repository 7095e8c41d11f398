"""Kinds of endpoints: how they are asked, how they page, how long a day may change.

Facts: Anthropic Admin API reference and SDK, editions of August to November 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal
from urllib.parse import quote

from ingestion import reports
from ingestion.anthropic.field_types import Body
from ingestion.raw import RawTable

SOURCE = "anthropic"

Organization = Literal["console", "enterprise"]
ORGANIZATIONS: dict[str, str] = {
    "console": "Claude Console",
    "enterprise": "Claude Enterprise",
}

# The older version is the one whose shapes are documented in full for what is called legacy, and
# the only one whose API keys name their workspace. The newer one is what the official SDK sends.
# What was sent is stored with each page.
LEGACY_VERSION = "2023-06-01"
CURRENT_VERSION = "2026-10-21"
USAGE_COST_BETA = "analytics-usage-cost-2026-08-24"

# No analytics endpoint knows a day before this one.
FIRST_ANALYTICS_DAY = date(2026, 1, 1)

# How long after its end a day may still change, so that it is read again until then.
# Claude Code Analytics: an hour's delay, and sessions that report late.
CLAUDE_CODE_LOOK_BACK = timedelta(days=3)
# Legacy reports: minutes of delay, "sometimes later"; corrections are not ruled out.
LEGACY_LOOK_BACK = timedelta(days=7)
# "Values can be revised for 30 days", and a day for the last revision to be there.
ANALYTICS_LOOK_BACK = timedelta(days=31)
# "May be revised by a few percent over the following days."
ENGAGEMENT_LOOK_BACK = timedelta(days=7)

# How long after its end a day is not whole yet. Claude Code Analytics withholds what is younger
# than an hour; usage and cost follow within about five minutes, "sometimes later".
HELD_BACK = timedelta(hours=1)
# Engagement is aggregated at 10:00 UTC of the following day.
AGGREGATED_AFTER = timedelta(hours=10)


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """What is asked of one path, with which version, and of which kind of organisation.

    ``shape`` is the documented shape of a body as it is stored. ``is_optional``: an organisation
    or a key that does not have it lacks nothing it must have.
    """

    table: RawTable
    path: str
    shape: type[Body]
    organization: Organization
    api_version: str = LEGACY_VERSION
    beta: str | None = None
    is_optional: bool = False

    @property
    def headers(self) -> Mapping[str, str]:
        sent = {"anthropic-version": self.api_version}
        return sent | {"anthropic-beta": self.beta} if self.beta else sent


@dataclass(frozen=True, kw_only=True)
class Report(Endpoint, reports.Report):
    """A report by UTC day, and how it is asked for."""

    organization: Organization
    held_back: timedelta = HELD_BACK


@dataclass(frozen=True, kw_only=True)
class DayReport(Report):
    """A report that answers one UTC day a request."""

    day_parameter: str
    page_limit: int = 1000
    # Whether `has_more` says that pages follow, or a `next_page` that is not null alone.
    says_has_more: bool = True


@dataclass(frozen=True, kw_only=True)
class MinuteReport(Report):
    """A report that answers the minutes of one UTC day as buckets of one page.

    ``group_by`` is part of what a row means, as in a `BucketReport`.
    """

    group_by: tuple[str, ...]
    # The most the API knows, and a day's.
    page_limit: int = 1440


@dataclass(frozen=True, kw_only=True)
class RangeReport(Report):
    """A report that answers several days a request, from a first to one past the last."""

    longest_range: int = 31
    # Days to ask for until it is known how heavy they are.
    first_range: int = 31


@dataclass(frozen=True, kw_only=True)
class BucketReport(RangeReport):
    """A report that answers daily buckets for a range: `starting_at` to `ending_at`, exclusive.

    ``group_by`` is part of what a row means (a null workspace is the default workspace only because
    the query grouped by it), so the query is stored beside each bucket.
    """

    group_by: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class RowReport(RangeReport):
    """A report that answers rows for a range, each with its day, empty days with none.

    A busy organisation has thousands of rows a day: a first, short range tells.
    """

    group_by: tuple[str, ...]
    width_parameter: str = "time_bucket_width"
    width: Literal["1d", "1m"] = "1d"
    order: tuple[tuple[str, str], ...] = (("order_by", "time"), ("order", "asc"))
    page_limit: int = 1000
    first_range: int = 7


@dataclass(frozen=True, kw_only=True)
class SummaryReport(RangeReport):
    """A report that answers one entry a day for a range of dates, in one page."""

    longest_range: int = 366
    first_range: int = 366


@dataclass(frozen=True, kw_only=True)
class Directory(Endpoint):
    """A list of what exists now.

    ``of`` is the directory whose live entities each have a list of their own; ``{}`` in the path
    stands for their id. ``entity_id`` names the field by which the list's entities are known from
    one reading to the next, and is null where no history is kept; ``volatile`` are fields whose
    change is no change.
    """

    paging: Literal["object", "entity", "token"] = "entity"
    page_limit: int | None = 1000
    params: tuple[tuple[str, str], ...] = ()
    of: Directory | None = None
    entity_id: str | None = None
    volatile: tuple[str, ...] = ()

    def within(self, parent_id: str) -> Directory:
        """Return the list of one entity of the parent directory."""
        return replace(self, path=self.path.format(quote(parent_id, safe="")))
