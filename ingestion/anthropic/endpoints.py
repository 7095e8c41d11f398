"""The endpoints that are read, and why they are asked the way they are.

Facts: Anthropic Admin API reference and SDK, editions of August to November 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from ingestion import raw
from ingestion.anthropic import directory_shapes, report_shapes
from ingestion.anthropic.kinds import (
    AGGREGATED_AFTER,
    ANALYTICS_LOOK_BACK,
    CLAUDE_CODE_LOOK_BACK,
    CURRENT_VERSION,
    ENGAGEMENT_LOOK_BACK,
    FIRST_ANALYTICS_DAY,
    LEGACY_LOOK_BACK,
    SOURCE,
    USAGE_COST_BETA,
    BucketReport,
    DayReport,
    Directory,
    MinuteReport,
    Report,
    RowReport,
    SummaryReport,
)
from ingestion.raw import RawTable
from ingestion.reports import Staged


def _path(rest: str) -> str:
    return f"/v1/organizations/{rest}"


def _pages(name: str, description: str, records: str | None = "data") -> RawTable:
    return raw.pages(SOURCE, name, description, records)


_TOKENS = (
    "uncached_input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_creation_5m_tokens",
    "cache_creation_1h_tokens",
    "web_search_count",
)
_COSTS = ("billed_cost_cents", "list_cost_cents")
_ACTIVITY = (
    "session_count",
    "lines_added",
    "lines_removed",
    "commit_count",
    "pull_request_count",
)
_MODEL_USAGE = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_creation_tokens",
    "estimated_cost_cents",
)
_PEOPLE = (
    "daily_active_user_count",
    "claude_code_daily_active_user_count",
    "assigned_seat_count",
)
_BY_WORKSPACE = ("workspace_id", "model")


CLAUDE_CODE = DayReport(
    table=_pages(
        "usage_report_claude_code",
        "One row per UTC day and page of the Claude Code usage report.",
    ),
    shape=report_shapes.ClaudeCodePage,
    path=_path("usage_report/claude_code"),
    organization="console",
    family="claude code",
    subject="activity",
    staged=(
        Staged(model="claude_code_records", read="claude_code_record", figures=_ACTIVITY),
        Staged(
            model="claude_code_model_usage",
            read="claude_code_model_usage",
            items="model_breakdown",
            figures=_MODEL_USAGE,
            by=("model",),
        ),
    ),
    day_parameter="starting_at",
    look_back=CLAUDE_CODE_LOOK_BACK,
)
MESSAGES = BucketReport(
    table=_pages(
        "usage_report_messages",
        "One row per UTC day, or of a long day per result: the daily bucket of the message "
        "usage report, grouped by workspace, model, API key, service tier and context window. "
        "For days that the Usage and Cost Analytics API cannot answer.",
        "results",
    ),
    shape=report_shapes.MessageBucket,
    path=_path("usage_report/messages"),
    organization="console",
    family="usage",
    subject="usage",
    preference=2,
    staged=(
        Staged(model="message_usage", read="message_usage", figures=_TOKENS, by=_BY_WORKSPACE),
    ),
    look_back=LEGACY_LOOK_BACK,
    # At most five; these are the grain of the message usage mart.
    group_by=("workspace_id", "model", "api_key_id", "service_tier", "context_window"),
)
# Not from `analytics/usage`: there a page is of 1,000 rows, so that a busy day takes many, and each
# day is revised for a month.
MESSAGES_BY_MINUTE = MinuteReport(
    table=_pages(
        "usage_report_messages_by_minute",
        "One row per UTC day and minute of the message usage report, grouped by workspace, "
        "model and service tier; a short page is one row.",
    ),
    shape=report_shapes.MinutesPage,
    path=_path("usage_report/messages"),
    organization="console",
    family="usage by minute",
    staged=(Staged(model="message_usage_by_minute"),),
    look_back=LEGACY_LOOK_BACK,
    # What a rate limit is set for: a workspace and a group of models, and batches apart.
    group_by=("workspace_id", "model", "service_tier"),
)
COST = BucketReport(
    table=_pages(
        "cost_report",
        "One row per UTC day, or of a long day per result: the daily bucket of the cost "
        "report, in cents, grouped by workspace and description. For days that the Usage and "
        "Cost Analytics API cannot answer.",
        "results",
    ),
    shape=report_shapes.CostBucket,
    path=_path("cost_report"),
    organization="console",
    family="cost",
    subject="cost",
    preference=2,
    staged=(
        Staged(
            model="cost_items", read="cost_item", figures=("billed_cost_cents",), by=_BY_WORKSPACE
        ),
    ),
    look_back=LEGACY_LOOK_BACK,
    # All the endpoint knows; model and token type come parsed out of the description.
    group_by=("workspace_id", "description"),
)
ANALYTICS_USAGE = RowReport(
    table=_pages(
        "analytics_usage",
        "One row per UTC day and page of the Usage Analytics API: the day's rows of one "
        "answered page, by actor, key, workspace, model and tier.",
    ),
    shape=report_shapes.UsageRows,
    path=_path("analytics/usage"),
    organization="console",
    api_version=CURRENT_VERSION,
    beta=USAGE_COST_BETA,
    family="usage",
    subject="usage",
    staged=(
        Staged(
            model="analytics_usage",
            read="analytics_usage_record",
            figures=_TOKENS,
            by=_BY_WORKSPACE,
        ),
    ),
    figures_in="usage",
    is_by_actor=True,
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
    table=_pages(
        "analytics_cost",
        "One row per UTC day and page of the Cost Analytics API: the day's rows of one "
        "answered page, in cents, by actor, workspace, model, product, tier, cost and token "
        "type.",
    ),
    shape=report_shapes.CostRows,
    path=_path("analytics/cost"),
    family="cost",
    subject="cost",
    staged=(
        Staged(
            model="analytics_cost", read="analytics_cost_record", figures=_COSTS, by=_BY_WORKSPACE
        ),
    ),
    figures_in="cost",
    # The last two do not count towards the five; `inference_geo` would be a sixth.
    group_by=(
        "actor", "workspace_id", "model", "product", "service_tier", "cost_type", "token_type",
    ),
)  # fmt: skip
ANALYTICS_COST_BY_GEOGRAPHY = replace(
    ANALYTICS_COST,
    table=_pages(
        "analytics_cost_by_geography",
        "One row per UTC day and page of the Cost Analytics API, grouped by where the model "
        "ran and not by actor.",
    ),
    family="cost by geography",
    subject=None,
    staged=(Staged(model="analytics_cost_by_geography"),),
    is_by_actor=False,
    details_of=ANALYTICS_COST.table,
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
    table=_pages(
        "analytics_usage_by_minute",
        "One row per UTC day and page of the Usage Analytics API by minute, grouped by "
        "workspace, model and service tier.",
    ),
    shape=report_shapes.UsageMinutes,
    family="requests by minute",
    subject=None,
    staged=(Staged(model="analytics_usage_by_minute"),),
    is_by_actor=False,
    details_of=ANALYTICS_USAGE.table,
    is_optional=True,
    look_back=timedelta(days=3),
    width="1m",
    longest_range=1,
    first_range=1,
    group_by=("workspace_id", "model", "service_tier"),
)

ENTERPRISE_USER_ACTIVITY = DayReport(
    table=_pages(
        "enterprise_user_activity",
        "One row per UTC day and page of what people of the Enterprise organisation did.",
    ),
    shape=report_shapes.UserActivityPage,
    path=_path("analytics/users"),
    organization="enterprise",
    api_version=CURRENT_VERSION,
    family="activity",
    subject="activity",
    staged=(Staged(model="enterprise_user_activity", read="user_activity", figures=_ACTIVITY),),
    is_aggregated_later=True,
    day_parameter="date",
    says_has_more=False,
    look_back=ENGAGEMENT_LOOK_BACK,
    held_back=AGGREGATED_AFTER,
    first_day=FIRST_ANALYTICS_DAY,
)
ENTERPRISE_SUMMARIES = SummaryReport(
    table=_pages(
        "enterprise_summaries",
        "One row per UTC day: the day's entry of the Enterprise summaries, active people and "
        "seats.",
        None,
    ),
    shape=report_shapes.Summary,
    path=_path("analytics/summaries"),
    organization="enterprise",
    api_version=CURRENT_VERSION,
    family="summaries",
    staged=(Staged(model="enterprise_summaries", read="summary", figures=_PEOPLE),),
    is_aggregated_later=True,
    look_back=ENGAGEMENT_LOOK_BACK,
    held_back=AGGREGATED_AFTER,
    first_day=FIRST_ANALYTICS_DAY,
)
ENTERPRISE_USAGE = replace(
    ANALYTICS_USAGE,
    table=_pages(
        "enterprise_usage",
        "One row per UTC day and page of the Usage Analytics API of the Enterprise "
        "organisation, by actor, model, product and tier.",
    ),
    staged=(
        Staged(
            model="enterprise_usage",
            read="analytics_usage_record",
            figures=_TOKENS,
            by=("model",),
        ),
    ),
    organization="enterprise",
    # A workspace and a key are the Console's.
    group_by=("actor", "model", "product", "service_tier", "context_window"),
)
ENTERPRISE_COST = replace(
    ANALYTICS_COST,
    table=_pages(
        "enterprise_cost",
        "One row per UTC day and page of the Cost Analytics API of the Enterprise "
        "organisation, in cents, by actor, model and product.",
    ),
    staged=(
        Staged(
            model="enterprise_cost", read="analytics_cost_record", figures=_COSTS, by=("model",)
        ),
    ),
    organization="enterprise",
    group_by=(
        "actor", "model", "product", "service_tier", "context_window", "cost_type", "token_type",
    ),
)  # fmt: skip
ENTERPRISE_COST_BY_GEOGRAPHY = replace(
    ENTERPRISE_COST,
    table=_pages(
        "enterprise_cost_by_geography",
        "One row per UTC day and page of the Enterprise Cost Analytics API, grouped by where "
        "the model ran and not by actor.",
    ),
    family="cost by geography",
    subject=None,
    staged=(Staged(model="enterprise_cost_by_geography"),),
    is_by_actor=False,
    details_of=ENTERPRISE_COST.table,
    is_optional=True,
    group_by=(
        "model", "product", "service_tier", "context_window", "inference_geo",
        "cost_type", "token_type",
    ),
)  # fmt: skip
ENTERPRISE_USER_USAGE = RowReport(
    table=_pages(
        "enterprise_user_usage_report",
        "One row per UTC day and page of the legacy Enterprise report of usage by user, where "
        "the key may not read the newer one.",
    ),
    shape=report_shapes.UserUsageRows,
    path=_path("analytics/user_usage_report"),
    organization="enterprise",
    family="usage",
    subject="usage",
    preference=2,
    staged=(
        Staged(
            model="enterprise_user_usage",
            read="user_usage_record",
            figures=_TOKENS,
            by=("model",),
        ),
    ),
    is_by_actor=True,
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
    table=_pages(
        "enterprise_user_cost_report",
        "One row per UTC day and page of the legacy Enterprise report of cost by user, where "
        "the key may not read the newer one.",
    ),
    shape=report_shapes.UserCostRows,
    path=_path("analytics/user_cost_report"),
    family="cost",
    subject="cost",
    staged=(
        Staged(
            model="enterprise_user_cost",
            read="user_cost_record",
            figures=_COSTS,
            by=("model",),
        ),
    ),
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
# The report of a family that is used where the key may, by the one that is used where not.
SUCCESSORS: Mapping[RawTable, RawTable] = {
    old.table: new.table
    for old in REPORTS
    for new in REPORTS
    if (old.organization, old.family) == (new.organization, new.family)
    and old.preference == new.preference + 1
}

ORGANIZATION = Directory(
    table=_pages(
        "organizations_me",
        "One row: the organisation the key belongs to.",
        None,
    ),
    shape=directory_shapes.Organization,
    path=_path("me"),
    organization="console",
    paging="object",
    page_limit=None,
)
USERS = Directory(
    table=_pages(
        "users",
        "One row per page of the member directory.",
    ),
    shape=directory_shapes.ConsoleUsers,
    path=_path("users"),
    organization="console",
    entity_id="id",
)
WORKSPACES = Directory(
    table=_pages(
        "workspaces",
        "One row per page of the workspace directory, archived ones included.",
    ),
    shape=directory_shapes.Workspaces,
    path=_path("workspaces"),
    organization="console",
    # Archived workspaces still have costs to name.
    params=(("include_archived", "true"),),
    entity_id="id",
)
WORKSPACE_MEMBERS = Directory(
    table=_pages(
        "workspace_members",
        "One row per live workspace and page of its members.",
    ),
    shape=directory_shapes.WorkspaceMembers,
    path=_path("workspaces/{}/members"),
    organization="console",
    of=WORKSPACES,
    entity_id="user_id",
)
API_KEYS = Directory(
    table=_pages(
        "api_keys",
        "One row per page of the API key directory, with creators and workspaces.",
    ),
    shape=directory_shapes.ApiKeys,
    path=_path("api_keys"),
    organization="console",
    entity_id="id",
)
RATE_LIMITS = Directory(
    table=_pages(
        "rate_limits",
        "One row per page of the organisation's rate limits by model group.",
    ),
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
    table=_pages(
        "workspace_rate_limits",
        "One row per workspace and page of the rate limits it overrides.",
    ),
    shape=directory_shapes.WorkspaceRateLimits,
    path=_path("workspaces/{}/rate_limits"),
    of=WORKSPACES,
)
ENTERPRISE_USERS = replace(
    USERS,
    table=_pages(
        "enterprise_users",
        "One row per page of the Enterprise member directory.",
    ),
    shape=directory_shapes.EnterpriseUsers,
    organization="enterprise",
    is_optional=True,
)
ENTERPRISE_SPEND_LIMITS = Directory(
    table=_pages(
        "enterprise_spend_limits",
        "One row per page of the configured Enterprise spend limits.",
    ),
    shape=directory_shapes.SpendLimits,
    path=_path("spend_limits"),
    organization="enterprise",
    api_version=CURRENT_VERSION,
    paging="token",
    is_optional=True,
)
ENTERPRISE_EFFECTIVE_SPEND_LIMITS = replace(
    ENTERPRISE_SPEND_LIMITS,
    table=_pages(
        "enterprise_effective_spend_limits",
        "One row per page of the Enterprise spend limits that hold for members.",
    ),
    shape=directory_shapes.EffectiveSpendLimits,
    path=_path("spend_limits/effective"),
)
ENTERPRISE_GROUPS = Directory(
    table=_pages(
        "enterprise_rbac_groups",
        "One row per page of the Enterprise groups of people.",
    ),
    shape=directory_shapes.Groups,
    path=_path("rbac_groups"),
    organization="enterprise",
    api_version=CURRENT_VERSION,
    paging="token",
    is_optional=True,
    entity_id="id",
    # Null while the roles are unknown; the time of an update that shows in nothing else.
    volatile=("role_ids", "updated_at"),
)
ENTERPRISE_GROUP_MEMBERS = replace(
    ENTERPRISE_GROUPS,
    table=_pages(
        "enterprise_rbac_group_members",
        "One row per Enterprise group and page of its members; a person can be in several.",
    ),
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
