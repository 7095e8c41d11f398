"""The usage and cost reports of the analytics API, for both kinds of organisation.

``usage`` and ``cost`` are the current ones; ``user_usage`` and ``user_cost`` the legacy reports
by user, which leave out what has no user.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.datastructures import QueryParams

from demo_api.analytics_facts import AnalyticsSource, Fact
from demo_api.analytics_rows import (
    FAN_OUT,
    PRODUCTS,
    Row,
    asked_groups,
    build_rows,
    cents,
    choice,
    components,
    in_order,
    usage_counts,
)
from demo_api.anthropic_protocol import bad_request, flag, report_page, whole_number
from demo_api.freshness import Freshness, Span, report_span
from demo_api.text import instant

BETA = "analytics-usage-cost-2026-08-24"
USAGE_GROUPS = (
    "actor",
    "actor_type",
    "agent_id",
    "api_key_id",
    "claude_tag_category",
    "claude_tag_user_id",
    "context_window",
    "deployment_id",
    "environment_id",
    "inference_geo",
    "model",
    "organization_id",
    "product",
    "rbac_group_id",
    "service_tier",
    "session_id",
    "slack_channel_id",
    "speed",
    "user_profile_id",
    "workspace_id",
)
COST_GROUPS = (*USAGE_GROUPS, *FAN_OUT)
_LEGACY_USAGE_GROUPS = (
    "claude_tag_category",
    "claude_tag_user_id",
    "context_window",
    "inference_geo",
    "model",
    "product",
    "rbac_group_id",
    "slack_channel_id",
    "speed",
)
_LEGACY_COST_GROUPS = (*_LEGACY_USAGE_GROUPS, *FAN_OUT)
_USAGE_ORDERS = ("total_tokens", "output_tokens", "requests", "uncached_input_tokens")
_COST_ORDERS = ("amount", "list_amount")


@dataclass(frozen=True)
class _Report:
    """How one of the reports differs from the others. ``width`` names the bucket parameter."""

    known: tuple[str, ...]
    orders: tuple[str, ...]
    width: str
    keep: Callable[[Fact], bool]
    show: Callable[[AnalyticsSource, Row, tuple[str, ...]], list[dict[str, Any]]]


def usage(
    source: AnalyticsSource, freshness: Freshness, query: QueryParams, path: str
) -> dict[str, Any]:
    """Return one page of token usage."""
    report = _Report(
        USAGE_GROUPS,
        (*_USAGE_ORDERS, "time"),
        "time_bucket_width",
        lambda fact: fact.tokens is not None,
        lambda source, row, _groups: [
            _frame(row, _group(source, row, USAGE_GROUPS), "usage", usage_counts(row))
        ],
    )
    return _page(report, source, freshness, query, path)


def cost(
    source: AnalyticsSource, freshness: Freshness, query: QueryParams, path: str
) -> dict[str, Any]:
    """Return one page of cost; Priority Tier has none and makes no rows."""
    report = _Report(
        COST_GROUPS,
        (*_COST_ORDERS, "time"),
        "time_bucket_width",
        lambda fact: bool(fact.cost),
        _cost_rows,
    )
    return _page(report, source, freshness, query, path)


def user_usage(
    source: AnalyticsSource, freshness: Freshness, query: QueryParams, path: str, version: str
) -> dict[str, Any]:
    """Return one page of the legacy usage by user, in the shape of the asked API version."""

    def show(source: AnalyticsSource, row: Row, _groups: tuple[str, ...]) -> list[dict[str, Any]]:
        frame = _legacy_frame(source, row, _LEGACY_USAGE_GROUPS, version, span)
        return [frame | usage_counts(row)]

    report = _Report(_LEGACY_USAGE_GROUPS, _USAGE_ORDERS, "bucket_width", _has_tokens, show)
    span = report_span(query, freshness, report.width)
    return _page(report, source, freshness, query, path)


def user_cost(
    source: AnalyticsSource, freshness: Freshness, query: QueryParams, path: str, version: str
) -> dict[str, Any]:
    """Return one page of the legacy cost by user, in the shape of the asked API version."""

    def show(source: AnalyticsSource, row: Row, groups: tuple[str, ...]) -> list[dict[str, Any]]:
        frame = _legacy_frame(source, row, _LEGACY_COST_GROUPS, version, span)
        return [
            frame
            | {
                "cost_type": cost_type,
                "token_type": token_type,
                "amount": cents(paid),
                "list_amount": cents(listed),
                "currency": "USD",
                "requests": _requests(row, groups),
            }
            for cost_type, token_type, paid, listed in components(row, groups)
        ]

    report = _Report(_LEGACY_COST_GROUPS, _COST_ORDERS, "bucket_width", _has_cost, show)
    span = report_span(query, freshness, report.width)
    return _page(report, source, freshness, query, path)


def _has_tokens(fact: Fact) -> bool:
    return fact.tokens is not None and fact.user_id is not None


def _has_cost(fact: Fact) -> bool:
    return bool(fact.cost) and fact.user_id is not None


def _page(
    report: _Report,
    source: AnalyticsSource,
    freshness: Freshness,
    query: QueryParams,
    path: str,
) -> dict[str, Any]:
    groups = asked_groups(query, report.known)
    legacy = report.width == "bucket_width"
    span = report_span(query, freshness, report.width)
    limit = whole_number(query, "limit", default=20, maximum=1000)
    order_by = choice(query, "order_by", report.orders, report.orders[0])
    descending = choice(query, "order", ("asc", "desc"), "desc") == "desc"
    without_deleted = flag(query, "exclude_deleted_users")
    if without_deleted and not legacy and "actor" not in groups:
        raise bad_request("exclude_deleted_users: Requires group_by[]=actor")
    _check_products(query, legacy=legacy)
    refreshed_at = freshness.refreshed_at()
    rows = build_rows(
        source,
        query,
        span,
        ("actor", *groups) if legacy else groups,
        refreshed_at=refreshed_at,
        keep=report.keep,
    )
    if span.width is None and order_by == "time":
        order_by = report.orders[0]
    ranked = in_order(rows, order_by, descending=descending, metric=report.orders[0])

    def show(row: Row) -> list[dict[str, Any]]:
        if without_deleted and _is_deleted(source, row):
            return []
        return report.show(source, row, groups)

    page = report_page(path, query, ranked, limit, show, generation=freshness.generation)
    return page | {
        "data": [shown for part in page["data"] for shown in part],
        "data_refreshed_at": _answered(refreshed_at, span),
    }


def _answered(refreshed_at: datetime, span: Span) -> str | None:
    """Return up to when the answer is whole; null when nothing covers the range yet."""
    return instant(refreshed_at) if refreshed_at > span.start else None


def _check_products(query: QueryParams, *, legacy: bool) -> None:
    known = [_legacy_product(name) if legacy else name for name in PRODUCTS]
    for name in query.getlist("products[]"):
        if name not in known:
            raise bad_request(f"products: Input should be one of {', '.join(map(str, known))}")


def _is_deleted(source: AnalyticsSource, row: Row) -> bool:
    actor = row.group["actor"]
    return actor is not None and bool(source.actor(actor).get("deleted"))


def _requests(row: Row, groups: tuple[str, ...]) -> int | None:
    """Return the count of requests, which components of a cost do not have."""
    return None if set(groups) & set(FAN_OUT) else row.requests


def _group(source: AnalyticsSource, row: Row, known: tuple[str, ...]) -> dict[str, Any]:
    """Return every dimension, null unless asked for."""
    group = dict.fromkeys(known) | row.group
    if row.group.get("actor") is not None:
        group["actor"] = source.actor(row.group["actor"])
    return group


def _frame(row: Row, group: dict[str, Any], name: str, figures: dict[str, Any]) -> dict[str, Any]:
    return {
        "starting_at": instant(row.start),
        "ending_at": instant(row.end),
        "group": group,
        name: figures,
    }


def _cost_rows(source: AnalyticsSource, row: Row, groups: tuple[str, ...]) -> list[dict[str, Any]]:
    group = _group(source, row, COST_GROUPS)
    return [
        _frame(
            row,
            group | {"cost_type": cost_type, "token_type": token_type},
            "cost",
            {
                "amount": cents(paid),
                "list_amount": cents(listed),
                "currency": "USD",
                "requests": _requests(row, groups),
            },
        )
        for cost_type, token_type, paid, listed in components(row, groups)
    ]


def _legacy_frame(
    source: AnalyticsSource, row: Row, known: tuple[str, ...], version: str, span: Span
) -> dict[str, Any]:
    actor = source.actor(row.group["actor"])
    if version == "2023-06-01":
        actor["email"] = actor.pop("email_address")
    group = dict.fromkeys(known) | row.group
    group["product"] = _legacy_product(group["product"])
    bucketed = span.width is not None
    return group | {
        "actor": actor,
        "starting_at": instant(row.start) if bucketed else None,
        "ending_at": instant(row.end) if bucketed else None,
    }


def _legacy_product(name: str | None) -> str | None:
    """Return the product as the legacy reports spell it."""
    return "claude-tag" if name == "claude_tag" else name
