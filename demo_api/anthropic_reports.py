"""The three reports of the Admin API: Claude Code, message usage, cost."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from starlette.datastructures import QueryParams

from demo_api.activity import ClaudeCodeRecord, UsageRow
from demo_api.anthropic_protocol import (
    Boundaries,
    bad_request,
    instant_parameter,
    report_page,
    whole_number,
)
from demo_api.billing import CostLine
from demo_api.minutes import by_minute
from demo_api.organisation import Organisation
from demo_api.text import instant

_WIDTHS = {"1d": timedelta(days=1), "1h": timedelta(hours=1), "1m": timedelta(minutes=1)}
_LIMITS = {"1d": (7, 31), "1h": (24, 168), "1m": (60, 1440)}
_USAGE_GROUPS = (
    "account_id",
    "api_key_id",
    "context_window",
    "inference_geo",
    "model",
    "service_account_id",
    "service_tier",
    "workspace_id",
)
_USAGE_FILTERS = {
    "account_ids[]": "account_id",
    "api_key_ids[]": "api_key_id",
    "context_window[]": "context_window",
    "inference_geos[]": "inference_geo",
    "models[]": "model",
    "service_account_ids[]": "service_account_id",
    "service_tiers[]": "service_tier",
    "workspace_ids[]": "workspace_id",
}
_COST_GROUPS = ("workspace_id", "description")
_COST_DETAILS = (
    "description",
    "cost_type",
    "model",
    "token_type",
    "service_tier",
    "context_window",
    "inference_geo",
)


def claude_code(
    organisation: Organisation, query: QueryParams, path: str, boundaries: Boundaries
) -> dict[str, Any]:
    """Return one page of the records of one UTC day."""
    day = query.get("starting_at")
    if day is None:
        raise bad_request("starting_at: Field required")
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", day):
        raise bad_request(r"starting_at: String should match pattern '^\d{4}-\d{2}-\d{2}$'")
    try:
        date.fromisoformat(day)
    except ValueError:
        raise bad_request("starting_at: Input should be a valid date") from None
    limit = whole_number(query, "limit", default=20, maximum=1000)
    records = organisation.records.get(day, [])
    organization_id = organisation.organization_id
    return report_page(
        path, query, records, limit, lambda record: _record(record, organization_id), boundaries
    )


def _record(record: ClaudeCodeRecord, organization_id: str) -> dict[str, Any]:
    if record.is_user:
        actor = {"type": "user_actor", "email_address": record.actor}
    else:
        actor = {"type": "api_actor", "api_key_name": record.actor}
    shown: dict[str, Any] = {
        "date": f"{record.day}T00:00:00Z",
        "actor": actor,
        "organization_id": organization_id,
        "customer_type": record.customer_type,
        "terminal_type": record.terminal_type,
        "is_remote": record.is_remote,
        "core_metrics": {
            "num_sessions": record.sessions,
            "lines_of_code": {"added": record.lines_added, "removed": record.lines_removed},
            "commits_by_claude_code": record.commits,
            "pull_requests_by_claude_code": record.pull_requests,
        },
        "tool_actions": {
            tool: {"accepted": accepted, "rejected": rejected}
            for tool, (accepted, rejected) in record.tools.items()
        },
        "model_breakdown": [
            {
                "model": use.model,
                "tokens": {
                    "input": use.input,
                    "output": use.output,
                    "cache_read": use.cache_read,
                    "cache_creation": use.cache_creation,
                },
                "estimated_cost": {"amount": use.estimated_cents, "currency": "USD"},
            }
            for use in record.models
        ],
        **record.extra,
    }
    # Not a required property: keys leave it out, people show it even when it is null.
    if record.is_user:
        shown["subscription_type"] = record.subscription_type
    return shown


@dataclass(frozen=True)
class _Span:
    """The asked buckets, half-open in UTC."""

    width: timedelta
    starts: list[datetime]
    limit: int


def _span(organisation: Organisation, query: QueryParams, widths: tuple[str, ...]) -> _Span:
    name = query.get("bucket_width", "1d")
    if name not in widths:
        raise bad_request(f"bucket_width: Input should be one of {', '.join(widths)}")
    width = _WIDTHS[name]
    default, maximum = _LIMITS[name]
    limit = whole_number(query, "limit", default=default, maximum=maximum)
    start = instant_parameter(query, "starting_at")
    if start is None:
        raise bad_request("starting_at: Field required")
    zero = datetime(1970, 1, 1, tzinfo=UTC)
    start -= (start - zero) % width
    newest = datetime.combine(organisation.last_day, datetime.min.time(), UTC) + timedelta(days=1)
    end = instant_parameter(query, "ending_at")
    if end is not None and end <= start:
        raise bad_request("ending_at: Must be after starting_at")
    count = max(((end or newest) - start) // width, 0)
    return _Span(width, [start + index * width for index in range(count)], limit)


def _groups(query: QueryParams, known: tuple[str, ...]) -> tuple[str, ...]:
    asked = tuple(dict.fromkeys(query.getlist("group_by[]")))
    for name in asked:
        if name not in known:
            raise bad_request(f"group_by: Input should be one of {', '.join(known)}, got '{name}'")
    if len(asked) > 5:
        raise bad_request("group_by: At most 5 dimensions may be given")
    return asked


def _report(
    query: QueryParams, path: str, span: _Span, results: Callable[[datetime], list[dict[str, Any]]]
) -> dict[str, Any]:
    def bucket(start: datetime) -> dict[str, Any]:
        return {
            "starting_at": instant(start),
            "ending_at": instant(start + span.width),
            "results": results(start),
        }

    return report_page(path, query, span.starts, span.limit, bucket)


def messages(organisation: Organisation, query: QueryParams, path: str) -> dict[str, Any]:
    """Return one page of usage buckets, grouped as asked."""
    groups = _groups(query, _USAGE_GROUPS)
    span = _span(organisation, query, ("1d", "1h", "1m"))
    filters = {
        field: set(query.getlist(name))
        for name, field in _USAGE_FILTERS.items()
        if query.getlist(name)
    }

    parts: dict[str, dict[int, list[UsageRow]]] = {}

    def results(start: datetime) -> list[dict[str, Any]]:
        day = start.date().isoformat()
        rows: Iterable[UsageRow] = organisation.usage.get(day, [])
        if span.width < timedelta(days=1):
            if day not in parts:
                parts[day] = by_minute(rows)
            first = start.hour * 60 + start.minute
            asked = range(first, first + span.width // timedelta(minutes=1))
            rows = [row for minute in asked for row in parts[day].get(minute, ())]
        kept = (
            row
            for row in rows
            if all(getattr(row, field) in wanted for field, wanted in filters.items())
        )
        return _usage_results(kept, groups)

    return _report(query, path, span, results)


def _usage_results(rows: Iterable[UsageRow], groups: tuple[str, ...]) -> list[dict[str, Any]]:
    sums: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0] * 6)
    for row in rows:
        counts = (
            row.uncached_input,
            row.write_5m,
            row.write_1h,
            row.cache_read,
            row.output,
            row.web_searches,
        )
        total = sums[tuple(getattr(row, name) for name in groups)]
        for place, count in enumerate(counts):
            total[place] += count
    nothing = dict.fromkeys(_USAGE_GROUPS)
    return [
        {
            "uncached_input_tokens": total[0],
            "cache_creation": {
                "ephemeral_5m_input_tokens": total[1],
                "ephemeral_1h_input_tokens": total[2],
            },
            "cache_read_input_tokens": total[3],
            "output_tokens": total[4],
            "server_tool_use": {"web_search_requests": total[5]},
            **nothing,
            **dict(zip(groups, values, strict=True)),
        }
        for values, total in sums.items()
    ]


def cost(organisation: Organisation, query: QueryParams, path: str) -> dict[str, Any]:
    """Return one page of cost buckets; amounts are decimal strings in cents, all digits kept."""
    groups = _groups(query, _COST_GROUPS)
    span = _span(organisation, query, ("1d",))
    return _report(
        query,
        path,
        span,
        lambda start: _cost_results(organisation.bill(start.date().isoformat()), groups),
    )


def _cost_results(lines: Iterable[CostLine], groups: tuple[str, ...]) -> list[dict[str, Any]]:
    sums: dict[tuple[Any, ...], Decimal] = defaultdict(Decimal)
    examples: dict[tuple[Any, ...], CostLine] = {}
    for line in lines:
        key = tuple(getattr(line, name) for name in groups)
        sums[key] += line.amount_cents
        examples.setdefault(key, line)
    results: list[dict[str, Any]] = []
    for key, line in examples.items():
        details = {
            name: getattr(line, name) if "description" in groups else None for name in _COST_DETAILS
        }
        workspace = line.workspace_id if "workspace_id" in groups else None
        amount = format(sums[key].normalize(), "f")
        results.append({"amount": amount, "currency": "USD", "workspace_id": workspace, **details})
    return results
