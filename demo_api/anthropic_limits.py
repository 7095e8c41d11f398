"""Rate limits of inference, and spend limits: what is configured and what holds for whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from starlette.datastructures import QueryParams

from demo_api.anthropic_protocol import ApiError, bad_request, flag, token_page, whole_number
from demo_api.billing import lines_of
from demo_api.enterprise import DISCOUNTED, Enterprise, Seat
from demo_api.organisation import Organisation

_GROUP_TYPES = ("model_group", "batch", "token_count", "files", "skills", "web_search")
_SCOPES = (
    "organization",
    "organization_service",
    "rbac_group",
    "seat_tier",
    "usage_tier",
    "user",
    "workspace",
)
_PERIODS = ("daily", "weekly", "monthly")
_CHANGED = "2026-07-15T10:00:00Z"


@dataclass(frozen=True)
class RateLimit:
    limit_id: str
    group_id: str
    group_type: str
    limits: dict[str, int]
    display_name: str | None = None
    models: tuple[str, ...] | None = None

    def group(self, version: str) -> dict[str, Any]:
        """Return the group in the shape of the asked API version."""
        if version == "2023-06-01":
            return {"group_type": self.group_type}
        group: dict[str, Any] = {"id": self.group_id, "type": self.group_type}
        if self.display_name is not None:
            group["display_name"] = self.display_name
        return {"group": group}


RATE_LIMITS = (
    RateLimit(
        "rl_demo_opus",
        "rlg_01DemoOpus",
        "model_group",
        {
            "requests_per_minute": 4_000,
            "input_tokens_per_minute": 10_000_000,
            "output_tokens_per_minute": 800_000,
        },
        "Claude Opus 5.x",
        ("claude-opus-5", "claude-opus-5-5"),
    ),
    RateLimit(
        "rl_demo_sonnet",
        "rlg_01DemoSonnet",
        "model_group",
        {"requests_per_minute": 4_000, "input_tokens_per_minute": 10_000_000},
        "Claude Sonnet 5.x",
        ("claude-sonnet-5", "claude-sonnet-5-5"),
    ),
    RateLimit(
        "rl_demo_haiku",
        "rlg_01DemoHaiku",
        "model_group",
        {"requests_per_minute": 8_000},
        "Claude Haiku 5.x",
        ("claude-haiku-5-5",),
    ),
    RateLimit("rl_demo_batch", "rlg_01DemoBatch", "batch", {"enqueued_batch_requests": 500_000}),
    RateLimit("rl_demo_search", "rlg_01DemoSearch", "web_search", {"tool_uses_per_second": 30}),
)
# By workspace name and limit: what the workspace has instead of the organisation's value.
_OVERRIDES = {
    ("Product Assistant", "rl_demo_opus"): {
        "requests_per_minute": 1_500,
        "output_tokens_per_minute": 150_000,
    },
    ("Evaluation", "rl_demo_batch"): {"enqueued_batch_requests": 50_000},
}


def rate_limits(query: QueryParams, path: str, version: str) -> dict[str, Any]:
    """Return the organisation's limits, in one page unless ``limit`` says otherwise."""
    kind, model = _group_type(query), query.get("model")
    shown = [
        {
            "id": limit.limit_id,
            "type": "rate_limit",
            **limit.group(version),
            "models": list(limit.models) if limit.models is not None else None,
            "limits": [{"type": name, "value": value} for name, value in limit.limits.items()],
        }
        for limit in RATE_LIMITS
        if kind in (None, limit.group_type) and (model is None or model in (limit.models or ()))
    ]
    if model is not None and not shown:
        raise ApiError(404, "not_found_error", "model: No rate limits for this model")
    return token_page(path, query, shown, lambda item: item, default=None)


def workspace_rate_limits(
    organisation: Organisation, query: QueryParams, path: str, version: str, workspace_id: str
) -> dict[str, Any]:
    """Return what a workspace overrides; what is not there is inherited."""
    names = {w.workspace_id: w.name for w in organisation.workspaces}
    if workspace_id not in names:
        raise ApiError(404, "not_found_error", "Workspace not found")
    kind, inherited = _group_type(query), flag(query, "include_inherited")
    shown = []
    for limit in RATE_LIMITS:
        own = _OVERRIDES.get((names[workspace_id], limit.limit_id), {})
        values = limit.limits | own if inherited else own
        if not values or kind not in (None, limit.group_type):
            continue
        limits = [_workspace_value(limit, own, name, version) for name in values]
        shown.append(
            {
                "type": "workspace_rate_limit",
                "workspace_id": workspace_id,
                "rate_limit_id": limit.limit_id,
                **limit.group(version),
                "models": list(limit.models) if limit.models is not None else None,
                "limits": limits,
            }
        )
    return token_page(path, query, shown, lambda item: item, default=None)


def _group_type(query: QueryParams) -> str | None:
    kind = query.get("group_type")
    if kind is not None and kind not in _GROUP_TYPES:
        raise bad_request(f"group_type: Input should be one of {', '.join(_GROUP_TYPES)}")
    return kind


def _workspace_value(
    limit: RateLimit, own: dict[str, int], name: str, version: str
) -> dict[str, Any]:
    value = {"type": name, "value": own.get(name, limit.limits[name])}
    value["org_limit"] = limit.limits[name]
    if version == "2023-06-01":
        return value
    return value | {"source": {"type": "workspace" if name in own else "organization"}}


def console_spend_limits(query: QueryParams, path: str) -> dict[str, Any]:
    """Return the one limit of a Console organisation: the cap of its usage tier, read-only."""
    kinds = _scope_types(query)
    limits = [_spend_limit("spl_01DemoUsageTier", "monthly", "500000", {"type": "usage_tier"})]
    shown = [limit for limit in limits if not kinds or limit["scope"]["type"] in kinds]
    return token_page(path, query, shown, lambda item: item)


def enterprise_spend_limits(
    enterprise: Enterprise, query: QueryParams, path: str
) -> dict[str, Any]:
    """Return the configured limits, by type of scope in the documented order."""
    kinds = _scope_types(query)
    shown = [
        limit
        for limit in _enterprise_limits(enterprise)
        if not kinds or limit["scope"]["type"] in kinds
    ]
    return token_page(path, query, shown, lambda item: item)


def effective_spend_limits(
    enterprise: Enterprise, query: QueryParams, path: str, now: datetime
) -> dict[str, Any]:
    """Return a row per member and period; ``limit`` counts members, so a page may be longer."""
    periods = query.getlist("period[]")
    if set(periods) - set(_PERIODS):
        raise bad_request(f"period: Input should be one of {', '.join(_PERIODS)}")
    wanted = query.getlist("user_ids[]")
    members = [
        seat
        for seat in enterprise.seats
        if seat.is_listed and (not wanted or seat.user_id in wanted)
    ]
    whole_number(query, "limit", default=20, maximum=1000)
    page = token_page(path, query, members, lambda seat: _effective(enterprise, seat, now))
    rows = [row for member in page["data"] for row in member]
    return page | {"data": [row for row in rows if not periods or row["period"] in periods]}


def _scope_types(query: QueryParams) -> list[str]:
    kinds = query.getlist("scope_type[]")
    if set(kinds) - set(_SCOPES):
        raise bad_request(f"scope_type: Input should be one of {', '.join(_SCOPES)}")
    return kinds


def _spend_limit(
    limit_id: str, period: str, amount: str | None, scope: dict[str, Any]
) -> dict[str, Any]:
    return {
        "id": limit_id,
        "type": "spend_limit",
        "amount": amount,
        "currency": "USD",
        "period": period,
        "scope": scope,
        "is_enabled": True,
        "created_at": _CHANGED,
        "updated_at": _CHANGED,
    }


def _enterprise_limits(enterprise: Enterprise) -> list[dict[str, Any]]:
    """Return limits of every scope; one member has a daily one of their own, one tier none."""
    groups = [group for group in enterprise.groups if group.name == "Checkout squad"]
    member = enterprise.seats[1]
    return [
        _spend_limit("spl_01DemoOrganization", "monthly", "2000000", {"type": "organization"}),
        _spend_limit("spl_01DemoStandard", "monthly", "50000", _tier("enterprise_standard")),
        _spend_limit("spl_01DemoPremium", "monthly", None, _tier("enterprise_premium")),
        *(
            _spend_limit(
                "spl_01DemoCheckout",
                "weekly",
                "30000",
                {"type": "rbac_group", "rbac_group_id": group.group_id},
            )
            for group in groups
        ),
        _spend_limit("spl_01DemoMember", "daily", "0", _user(member)),
    ]


def _tier(name: str) -> dict[str, Any]:
    return {"type": "seat_tier", "seat_tier": name}


def _user(seat: Seat) -> dict[str, Any]:
    return {"type": "user", "user_id": seat.user_id}


def _effective(enterprise: Enterprise, seat: Seat, now: datetime) -> list[dict[str, Any]]:
    """Return the rows of one member: the tier's monthly limit and the narrower ones."""
    applying = [
        limit
        for limit in _enterprise_limits(enterprise)
        if limit["scope"] in (_tier(seat.seat_tier), _user(seat))
        or limit["scope"].get("rbac_group_id")
        in enterprise.groups_of(seat.user_id, str(now.date()))
    ]
    return [
        {
            "actor": {
                "type": "user_actor",
                "user_id": seat.user_id,
                "name": seat.name,
                "email_address": seat.email,
                "deleted": False,
            },
            "scope": _user(seat),
            "source": limit["scope"],
            "amount": limit["amount"],
            "currency": "USD",
            "period": limit["period"],
            "spend_limit_id": limit["id"],
            "period_to_date_spend": _spend(enterprise, seat, limit["period"], now),
        }
        for limit in applying
    ]


def _spend(enterprise: Enterprise, seat: Seat, period: str, now: datetime) -> str:
    """Return what a member spent in the current period, to a thousandth of a cent."""
    today = now.date()
    back = {"daily": 0, "weekly": today.weekday(), "monthly": today.day - 1}[period]
    first = str(today.fromordinal(today.toordinal() - back))
    total = sum(
        (
            line.amount_cents * DISCOUNTED
            for day, rows in enterprise.usage.items()
            if first <= day <= str(today)
            for row in rows
            if row.account_id == seat.user_id
            for line in lines_of(row)
        ),
        Decimal(0),
    )
    return format(total.quantize(Decimal("0.001")).normalize(), "f") if total else "0"
