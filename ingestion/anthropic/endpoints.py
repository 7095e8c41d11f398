"""The endpoints that are read, how they page, and why they are asked the way they are.

Facts: Anthropic Admin API reference and SDK, editions of August to November 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal
from urllib.parse import quote

from ingestion import raw
from ingestion.anthropic import directory_shapes, report_shapes
from ingestion.anthropic.field_types import Body
from ingestion.raw import RawTable

Organization = Literal["console", "enterprise"]

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
class Report(Endpoint):
    """A report by UTC day.

    ``family`` is what it tells: two reports of one family tell the same days, one more finely.
    ``says_how_fresh``: the answer carries `data_refreshed_at`, up to when its figures are whole.
    ``first_day`` and ``days_back`` bound what it can be asked for. ``details_of`` names the report
    whose figures it tells by another dimension: it is asked for the days which that one tells, and
    an organisation that has it not lacks nothing.
    """

    family: str
    look_back: timedelta
    held_back: timedelta = HELD_BACK
    says_how_fresh: bool = False
    first_day: date | None = None
    days_back: int | None = None
    details_of: RawTable | None = None

    @property
    def is_aggregated_later(self) -> bool:
        """Whether a day that is not ready is refused, with a message that names the newest."""
        return self.held_back == AGGREGATED_AFTER

    def earliest(self, today: date) -> date | None:
        """Return the first day that can be asked for, or None where no bound is known."""
        if self.days_back is None:
            return self.first_day
        # A midnight that lies that many days back is some hours too old.
        oldest = today - timedelta(days=self.days_back - 1)
        return max(oldest, self.first_day) if self.first_day else oldest


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


def _path(rest: str) -> str:
    return f"/v1/organizations/{rest}"


CLAUDE_CODE = DayReport(
    table=raw.CLAUDE_CODE,
    shape=report_shapes.ClaudeCodePage,
    path=_path("usage_report/claude_code"),
    organization="console",
    family="claude code",
    day_parameter="starting_at",
    look_back=CLAUDE_CODE_LOOK_BACK,
)
MESSAGES = BucketReport(
    table=raw.MESSAGES,
    shape=report_shapes.MessageBucket,
    path=_path("usage_report/messages"),
    organization="console",
    family="usage",
    look_back=LEGACY_LOOK_BACK,
    # At most five; these are the grain of the message usage mart.
    group_by=("workspace_id", "model", "api_key_id", "service_tier", "context_window"),
)
# Not from `analytics/usage`: there a page is of 1,000 rows, so that a busy day takes many, and each
# day is revised for a month.
MESSAGES_BY_MINUTE = MinuteReport(
    table=raw.MESSAGES_BY_MINUTE,
    shape=report_shapes.MinutesPage,
    path=_path("usage_report/messages"),
    organization="console",
    family="usage by minute",
    look_back=LEGACY_LOOK_BACK,
    # What a rate limit is set for: a workspace and a group of models, and batches apart.
    group_by=("workspace_id", "model", "service_tier"),
)
COST = BucketReport(
    table=raw.COST,
    shape=report_shapes.CostBucket,
    path=_path("cost_report"),
    organization="console",
    family="cost",
    look_back=LEGACY_LOOK_BACK,
    # All the endpoint knows; model and token type come parsed out of the description.
    group_by=("workspace_id", "description"),
)
ANALYTICS_USAGE = RowReport(
    table=raw.ANALYTICS_USAGE,
    shape=report_shapes.UsageRows,
    path=_path("analytics/usage"),
    organization="console",
    api_version=CURRENT_VERSION,
    beta=USAGE_COST_BETA,
    family="usage",
    look_back=ANALYTICS_LOOK_BACK,
    held_back=timedelta(0),
    says_how_fresh=True,
    first_day=FIRST_ANALYTICS_DAY,
    days_back=365,
    # At most five.
    group_by=("actor", "api_key_id", "workspace_id", "model", "service_tier"),
)
ANALYTICS_COST = replace(
    ANALYTICS_USAGE,
    table=raw.ANALYTICS_COST,
    shape=report_shapes.CostRows,
    path=_path("analytics/cost"),
    family="cost",
    # The last two do not count towards the five; `inference_geo` would be a sixth.
    group_by=(
        "actor", "workspace_id", "model", "product", "service_tier", "cost_type", "token_type",
    ),
)  # fmt: skip
ANALYTICS_COST_BY_GEOGRAPHY = replace(
    ANALYTICS_COST,
    table=raw.ANALYTICS_COST_BY_GEOGRAPHY,
    family="cost by geography",
    details_of=raw.ANALYTICS_COST,
    is_optional=True,
    group_by=(
        "workspace_id", "model", "product", "service_tier", "inference_geo",
        "cost_type", "token_type",
    ),
)  # fmt: skip
# For its requests, which the message report has not. A page is of 1,000 rows, so that a busy day
# takes many: it is read again for a few days only.
ANALYTICS_USAGE_BY_MINUTE = replace(
    ANALYTICS_USAGE,
    table=raw.ANALYTICS_USAGE_BY_MINUTE,
    shape=report_shapes.UsageMinutes,
    family="requests by minute",
    details_of=raw.ANALYTICS_USAGE,
    is_optional=True,
    look_back=timedelta(days=3),
    width="1m",
    longest_range=1,
    first_range=1,
    group_by=("workspace_id", "model", "service_tier"),
)

ENTERPRISE_USER_ACTIVITY = DayReport(
    table=raw.ENTERPRISE_USER_ACTIVITY,
    shape=report_shapes.UserActivityPage,
    path=_path("analytics/users"),
    organization="enterprise",
    api_version=CURRENT_VERSION,
    family="activity",
    day_parameter="date",
    says_has_more=False,
    look_back=ENGAGEMENT_LOOK_BACK,
    held_back=AGGREGATED_AFTER,
    first_day=FIRST_ANALYTICS_DAY,
)
ENTERPRISE_SUMMARIES = SummaryReport(
    table=raw.ENTERPRISE_SUMMARIES,
    shape=report_shapes.Summary,
    path=_path("analytics/summaries"),
    organization="enterprise",
    api_version=CURRENT_VERSION,
    family="summaries",
    look_back=ENGAGEMENT_LOOK_BACK,
    held_back=AGGREGATED_AFTER,
    first_day=FIRST_ANALYTICS_DAY,
)
ENTERPRISE_USAGE = replace(
    ANALYTICS_USAGE,
    table=raw.ENTERPRISE_USAGE,
    organization="enterprise",
    # A workspace and a key are the Console's.
    group_by=("actor", "model", "product", "service_tier", "context_window"),
)
ENTERPRISE_COST = replace(
    ANALYTICS_COST,
    table=raw.ENTERPRISE_COST,
    organization="enterprise",
    group_by=(
        "actor", "model", "product", "service_tier", "context_window", "cost_type", "token_type",
    ),
)  # fmt: skip
ENTERPRISE_COST_BY_GEOGRAPHY = replace(
    ENTERPRISE_COST,
    table=raw.ENTERPRISE_COST_BY_GEOGRAPHY,
    family="cost by geography",
    details_of=raw.ENTERPRISE_COST,
    is_optional=True,
    group_by=(
        "model", "product", "service_tier", "context_window", "inference_geo",
        "cost_type", "token_type",
    ),
)  # fmt: skip
ENTERPRISE_USER_USAGE = RowReport(
    table=raw.ENTERPRISE_USER_USAGE,
    shape=report_shapes.UserUsageRows,
    path=_path("analytics/user_usage_report"),
    organization="enterprise",
    family="usage",
    look_back=ANALYTICS_LOOK_BACK,
    held_back=timedelta(0),
    says_how_fresh=True,
    first_day=FIRST_ANALYTICS_DAY,
    days_back=365,
    # Always by actor.
    group_by=("product", "model", "context_window"),
    width_parameter="bucket_width",
    # It cannot be ordered by time.
    order=(),
)
ENTERPRISE_USER_COST = replace(
    ENTERPRISE_USER_USAGE,
    table=raw.ENTERPRISE_USER_COST,
    shape=report_shapes.UserCostRows,
    path=_path("analytics/user_cost_report"),
    family="cost",
    group_by=("product", "model", "context_window", "cost_type", "token_type"),
)

REPORTS: tuple[Report, ...] = (
    CLAUDE_CODE,
    MESSAGES,
    MESSAGES_BY_MINUTE,
    COST,
    ANALYTICS_USAGE,
    ANALYTICS_COST,
    ANALYTICS_COST_BY_GEOGRAPHY,
    ANALYTICS_USAGE_BY_MINUTE,
    ENTERPRISE_USER_ACTIVITY,
    ENTERPRISE_SUMMARIES,
    ENTERPRISE_USAGE,
    ENTERPRISE_COST,
    ENTERPRISE_COST_BY_GEOGRAPHY,
    ENTERPRISE_USER_USAGE,
    ENTERPRISE_USER_COST,
)
# The report of a family that is used where the key may, and the one that is used where not.
SUCCESSORS: Mapping[RawTable, RawTable] = {
    raw.MESSAGES: raw.ANALYTICS_USAGE,
    raw.COST: raw.ANALYTICS_COST,
    raw.ENTERPRISE_USER_USAGE: raw.ENTERPRISE_USAGE,
    raw.ENTERPRISE_USER_COST: raw.ENTERPRISE_COST,
}

ORGANIZATION = Directory(
    table=raw.ORGANIZATION,
    shape=directory_shapes.Organization,
    path=_path("me"),
    organization="console",
    paging="object",
    page_limit=None,
)
USERS = Directory(
    table=raw.USERS,
    shape=directory_shapes.ConsoleUsers,
    path=_path("users"),
    organization="console",
    entity_id="id",
)
WORKSPACES = Directory(
    table=raw.WORKSPACES,
    shape=directory_shapes.Workspaces,
    path=_path("workspaces"),
    organization="console",
    # Archived workspaces still have costs to name.
    params=(("include_archived", "true"),),
    entity_id="id",
)
WORKSPACE_MEMBERS = Directory(
    table=raw.WORKSPACE_MEMBERS,
    shape=directory_shapes.WorkspaceMembers,
    path=_path("workspaces/{}/members"),
    organization="console",
    of=WORKSPACES,
    entity_id="user_id",
)
API_KEYS = Directory(
    table=raw.API_KEYS,
    shape=directory_shapes.ApiKeys,
    path=_path("api_keys"),
    organization="console",
    entity_id="id",
)
RATE_LIMITS = Directory(
    table=raw.RATE_LIMITS,
    shape=directory_shapes.RateLimits,
    path=_path("rate_limits"),
    organization="console",
    api_version=CURRENT_VERSION,
    paging="token",
    # Without a limit all of them come in one page.
    page_limit=None,
    is_optional=True,
)
WORKSPACE_RATE_LIMITS = replace(
    RATE_LIMITS,
    table=raw.WORKSPACE_RATE_LIMITS,
    shape=directory_shapes.WorkspaceRateLimits,
    path=_path("workspaces/{}/rate_limits"),
    of=WORKSPACES,
)
ENTERPRISE_USERS = replace(
    USERS,
    table=raw.ENTERPRISE_USERS,
    shape=directory_shapes.EnterpriseUsers,
    organization="enterprise",
    is_optional=True,
)
ENTERPRISE_SPEND_LIMITS = Directory(
    table=raw.ENTERPRISE_SPEND_LIMITS,
    shape=directory_shapes.SpendLimits,
    path=_path("spend_limits"),
    organization="enterprise",
    api_version=CURRENT_VERSION,
    paging="token",
    is_optional=True,
)
ENTERPRISE_EFFECTIVE_SPEND_LIMITS = replace(
    ENTERPRISE_SPEND_LIMITS,
    table=raw.ENTERPRISE_EFFECTIVE_SPEND_LIMITS,
    shape=directory_shapes.EffectiveSpendLimits,
    path=_path("spend_limits/effective"),
)
ENTERPRISE_GROUPS = Directory(
    table=raw.ENTERPRISE_GROUPS,
    shape=directory_shapes.Groups,
    path=_path("rbac_groups"),
    organization="enterprise",
    api_version=CURRENT_VERSION,
    paging="token",
    is_optional=True,
    entity_id="id",
    # Null while the roles cannot be told; the time of an update that shows in nothing else.
    volatile=("role_ids", "updated_at"),
)
ENTERPRISE_GROUP_MEMBERS = replace(
    ENTERPRISE_GROUPS,
    table=raw.ENTERPRISE_GROUP_MEMBERS,
    shape=directory_shapes.GroupMembers,
    path=_path("rbac_groups/{}/members"),
    of=ENTERPRISE_GROUPS,
    entity_id="user_id",
    volatile=(),
)
DIRECTORIES: tuple[Directory, ...] = (
    ORGANIZATION,
    USERS,
    WORKSPACES,
    WORKSPACE_MEMBERS,
    API_KEYS,
    RATE_LIMITS,
    WORKSPACE_RATE_LIMITS,
    ENTERPRISE_USERS,
    ENTERPRISE_SPEND_LIMITS,
    ENTERPRISE_EFFECTIVE_SPEND_LIMITS,
    ENTERPRISE_GROUPS,
    ENTERPRISE_GROUP_MEMBERS,
)


def report_of(table: RawTable) -> Report:
    """Return the report whose pages ``table`` holds."""
    return next(report for report in REPORTS if report.table == table)
