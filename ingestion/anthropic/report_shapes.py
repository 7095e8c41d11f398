"""The documented shapes of what reports answer, as it is stored: a page, a bucket, an entry.

Facts: Anthropic Admin API reference and SDK, editions of August to November 2026.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from ingestion.anthropic.field_types import (
    Body,
    Cents,
    Count,
    ListPage,
    MaybeCount,
    MaybeText,
    Midnight,
    NotBlank,
    UtcInstant,
    spans_a_day,
)

# ---- Claude Code of a Console organisation


class Actor(Struct, gc=False):
    type: str
    email_address: MaybeText = UNSET
    api_key_name: MaybeText = UNSET


class Lines(Struct, gc=False):
    added: Count
    removed: Count


class CoreMetrics(Struct, gc=False):
    num_sessions: Count
    lines_of_code: Lines
    commits_by_claude_code: Count
    pull_requests_by_claude_code: Count


class ToolDecisions(Struct, gc=False):
    accepted: Count
    rejected: Count


class ModelTokens(Struct, gc=False):
    input: Count
    output: Count
    cache_read: Count
    cache_creation: Count


class EstimatedCost(Struct, gc=False):
    # Cents as a number; null would be no estimate.
    amount: Annotated[float, Meta(ge=0, le=1e12)] | None
    currency: Literal["USD"]


class ModelUsage(Struct, gc=False):
    model: str
    tokens: ModelTokens
    estimated_cost: EstimatedCost


class ClaudeCodeRecord(Struct, gc=False):
    date: str
    actor: Actor
    organization_id: str
    customer_type: str
    terminal_type: str
    core_metrics: CoreMetrics
    tool_actions: dict[str, ToolDecisions]
    model_breakdown: list[ModelUsage]
    subscription_type: MaybeText = UNSET
    is_remote: bool | UnsetType | None = UNSET


class ClaudeCodePage(ListPage, kw_only=True):
    data: list[ClaudeCodeRecord]

    def days(self) -> set[str]:
        return set(map(attrgetter("date"), self.data))

    def problem(self) -> str | None:
        actors = list(map(attrgetter("actor"), self.data))
        kinds = map(attrgetter("type"), actors)
        addresses = list(map(attrgetter("email_address"), actors))
        has_address = map(bool, addresses)
        has_name = map(bool, map(attrgetter("api_key_name"), actors))
        found = set(zip(kinds, has_address, has_name, strict=True))
        if {("user_actor", False, False), ("user_actor", False, True)} & found:
            return "a user has no `email_address`"
        if {("api_actor", False, False), ("api_actor", True, False)} & found:
            return "an API key has no `api_key_name`"
        if any(map(str.isspace, filter(None, addresses))):
            return "an `email_address` is blank"
        return None


# ---- Usage and cost of a Console organisation, legacy


class CacheCreation(Struct, gc=False):
    ephemeral_5m_input_tokens: Count
    ephemeral_1h_input_tokens: Count


class ServerToolUse(Struct, gc=False):
    web_search_requests: Count


class Tokens(Struct, gc=False):
    uncached_input_tokens: Count
    output_tokens: Count
    cache_read_input_tokens: Count
    cache_creation: CacheCreation
    server_tool_use: ServerToolUse


class MessageUsage(Tokens, kw_only=True):
    account_id: MaybeText = UNSET
    api_key_id: MaybeText = UNSET
    service_account_id: MaybeText = UNSET
    workspace_id: MaybeText = UNSET
    model: MaybeText = UNSET
    service_tier: MaybeText = UNSET
    context_window: MaybeText = UNSET
    inference_geo: MaybeText = UNSET


class CostItem(Struct, gc=False, kw_only=True):
    amount: Cents
    currency: Literal["USD"]
    workspace_id: MaybeText = UNSET
    description: MaybeText = UNSET
    cost_type: MaybeText = UNSET
    model: MaybeText = UNSET
    token_type: MaybeText = UNSET
    service_tier: MaybeText = UNSET
    context_window: MaybeText = UNSET
    inference_geo: MaybeText = UNSET


class Bucket(Body):
    starting_at: Midnight
    ending_at: Midnight

    def problem(self) -> str | None:
        is_day = spans_a_day(self.starting_at, self.ending_at)
        return None if is_day else "it does not span a day"


class MessageBucket(Bucket):
    results: list[MessageUsage]


class CostBucket(Bucket):
    results: list[CostItem]


class Minute(Struct, gc=False):
    starting_at: UtcInstant
    ending_at: UtcInstant
    results: list[MessageUsage]


class MinutesPage(ListPage, kw_only=True):
    data: list[Minute]


# ---- Usage and cost analytics, of both kinds of organisation


class AnalyticsActor(Struct, gc=False):
    type: str
    user_id: MaybeText = UNSET
    # Versions differ in the name.
    email_address: MaybeText = UNSET
    email: MaybeText = UNSET
    name: MaybeText = UNSET
    deleted: bool | UnsetType | None = UNSET
    api_key_id: MaybeText = UNSET
    service_account_id: MaybeText = UNSET
    # An object with its type and issuer; its fields are not documented.
    provider: Any = UNSET
    subject: MaybeText = UNSET


class Dimensions(Struct, gc=False, kw_only=True):
    actor: AnalyticsActor | UnsetType | None = UNSET
    actor_type: MaybeText = UNSET
    agent_id: MaybeText = UNSET
    api_key_id: MaybeText = UNSET
    claude_tag_category: MaybeText = UNSET
    claude_tag_user_id: MaybeText = UNSET
    context_window: MaybeText = UNSET
    cost_type: MaybeText = UNSET
    deployment_id: MaybeText = UNSET
    environment_id: MaybeText = UNSET
    inference_geo: MaybeText = UNSET
    model: MaybeText = UNSET
    organization_id: MaybeText = UNSET
    product: MaybeText = UNSET
    rbac_group_id: MaybeText = UNSET
    service_tier: MaybeText = UNSET
    session_id: MaybeText = UNSET
    slack_channel_id: MaybeText = UNSET
    speed: MaybeText = UNSET
    token_type: MaybeText = UNSET
    user_profile_id: MaybeText = UNSET
    workspace_id: MaybeText = UNSET


class AnalyticsTokens(Tokens, kw_only=True):
    requests: Count
    total_tokens: Count | UnsetType = UNSET


class AnalyticsCost(Struct, gc=False, kw_only=True):
    amount: Cents
    list_amount: Cents
    currency: Literal["USD"]
    # Null when cost or token types are separate.
    requests: MaybeCount = UNSET


class UsageRow(Struct, gc=False):
    starting_at: Midnight
    ending_at: Midnight
    group: Dimensions
    usage: AnalyticsTokens


class UsageMinute(Struct, gc=False):
    starting_at: UtcInstant
    ending_at: UtcInstant
    group: Dimensions
    usage: AnalyticsTokens


class CostRow(Struct, gc=False):
    starting_at: Midnight
    ending_at: Midnight
    group: Dimensions
    cost: AnalyticsCost


class UserUsageRow(Dimensions, kw_only=True):
    starting_at: Midnight
    ending_at: Midnight
    uncached_input_tokens: Count
    output_tokens: Count
    cache_read_input_tokens: Count
    cache_creation: CacheCreation
    server_tool_use: ServerToolUse
    requests: Count
    total_tokens: Count | UnsetType = UNSET


class UserCostRow(Dimensions, kw_only=True):
    starting_at: Midnight
    ending_at: Midnight
    amount: Cents
    list_amount: Cents
    currency: Literal["USD"]
    requests: MaybeCount = UNSET


class _OfRows(ListPage, kw_only=True):
    data: list[Any]

    def problem(self) -> str | None:
        bounds = set(map(attrgetter("starting_at", "ending_at"), self.data))
        are_days = all(spans_a_day(start, end) for start, end in bounds)
        return None if are_days else "a row does not span a day"


class UsageRows(_OfRows, kw_only=True):
    data: list[UsageRow]


class UsageMinutes(ListPage, kw_only=True):
    data: list[UsageMinute]


class CostRows(_OfRows, kw_only=True):
    data: list[CostRow]


class UserUsageRows(_OfRows, kw_only=True):
    data: list[UserUsageRow]


class UserCostRows(_OfRows, kw_only=True):
    data: list[UserCostRow]


# ---- Engagement in an Enterprise organisation


class EngagedUser(Struct, gc=False):
    id: NotBlank
    # Gone once the account is.
    email_address: MaybeText = UNSET
    type: MaybeText = UNSET


class LineCounts(Struct, gc=False):
    added_count: Count
    removed_count: Count


class EngagementMetrics(Struct, gc=False):
    commit_count: Count
    pull_request_count: Count
    distinct_session_count: Count | None
    lines_of_code: LineCounts
    # Counted since August 2026.
    artifacts_created_count: MaybeCount = UNSET


class DecisionCounts(Struct, gc=False):
    accepted_count: Count
    rejected_count: Count


class ClaudeCodeMetrics(Struct, gc=False):
    core_metrics: EngagementMetrics
    tool_actions: dict[str, DecisionCounts] | UnsetType | None = UNSET


class ProductMetrics(Struct, gc=False):
    """What a product other than Claude Code counts of a person's day: each some of it."""

    message_count: MaybeCount = UNSET
    distinct_conversation_count: MaybeCount = UNSET
    distinct_session_count: MaybeCount = UNSET
    action_count: MaybeCount = UNSET
    artifacts_created_count: MaybeCount = UNSET
    distinct_artifacts_created_count: MaybeCount = UNSET


MaybeProduct = ProductMetrics | UnsetType | None


class UserActivity(Struct, gc=False):
    user: EngagedUser
    claude_code_metrics: ClaudeCodeMetrics
    chat_metrics: MaybeProduct = UNSET
    cowork_metrics: MaybeProduct = UNSET
    design_metrics: MaybeProduct = UNSET
    office_metrics: dict[str, ProductMetrics] | UnsetType | None = UNSET
    science_metrics: MaybeProduct = UNSET
    web_search_count: MaybeCount = UNSET


class UserActivityPage(ListPage, kw_only=True):
    data: list[UserActivity]

    def identities(self) -> Iterable[str]:
        return map(attrgetter("user.id"), self.data)


class Summary(Bucket):
    daily_active_user_count: Count
    weekly_active_user_count: MaybeCount = UNSET
    monthly_active_user_count: MaybeCount = UNSET
    claude_code_daily_active_user_count: MaybeCount = UNSET
    claude_code_weekly_active_user_count: MaybeCount = UNSET
    claude_code_monthly_active_user_count: MaybeCount = UNSET
    cowork_daily_active_user_count: MaybeCount = UNSET
    cowork_weekly_active_user_count: MaybeCount = UNSET
    cowork_monthly_active_user_count: MaybeCount = UNSET
    assigned_seat_count: MaybeCount = UNSET
    pending_invite_count: MaybeCount = UNSET
