"""Facts into report rows: filtered, grouped, put in order, with cost components fanned out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from starlette.datastructures import QueryParams

from demo_api.analytics_facts import AnalyticsSource, Fact
from demo_api.anthropic_protocol import bad_request
from demo_api.freshness import Span

# They split a row's cost after paging, and count neither as dimensions nor toward the limit.
FAN_OUT = ("cost_type", "token_type")
MOST_GROUPS = 5
PRODUCTS = (
    "chat",
    "chat_cowork_unified",
    "claude_code",
    "claude_console",
    "claude_design",
    "claude_in_chrome",
    "claude_tag",
    "cowork",
    "managed_agents_api",
    "message_batches_api",
    "messages_api",
    "office_agent",
)
_FILTERS = {
    "actor_types[]": "actor_type",
    "api_key_ids[]": "api_key_id",
    "workspace_ids[]": "workspace_id",
    "models[]": "model",
    "products[]": "product",
    "service_tiers[]": "service_tier",
    "context_windows[]": "context_window",
    "inference_geos[]": "inference_geo",
    "speeds[]": "speed",
}
# What a filter says for rows without a value.
_NO_VALUE = {"api_key_ids[]": "", "inference_geos[]": "not_available"}


@dataclass
class Row:
    """One combination of the asked dimensions within one bucket."""

    start: datetime
    end: datetime
    group: dict[str, Any]
    requests: int = 0
    tokens: list[int] = field(default_factory=lambda: [0] * 6)
    cost: dict[tuple[str, str | None], list[Decimal]] = field(
        default_factory=lambda: defaultdict(lambda: [Decimal(0), Decimal(0)])
    )

    def add(self, fact: Fact) -> None:
        """Count one fact."""
        self.requests += fact.requests
        for place, count in enumerate(fact.tokens or ()):
            self.tokens[place] += count
        for part in fact.cost:
            sums = self.cost[part.cost_type, part.token_type]
            sums[0] += part.amount
            sums[1] += part.list_amount

    @property
    def total_tokens(self) -> int:
        return sum(self.tokens[:5])

    @property
    def amounts(self) -> tuple[Decimal, Decimal]:
        """What is paid and what is on the list, in cents."""
        paid = sum((sums[0] for sums in self.cost.values()), Decimal(0))
        return paid, sum((sums[1] for sums in self.cost.values()), Decimal(0))


METRICS: dict[str, Callable[[Row], Any]] = {
    "amount": lambda row: row.amounts[0],
    "list_amount": lambda row: row.amounts[1],
    "total_tokens": lambda row: row.total_tokens,
    "uncached_input_tokens": lambda row: row.tokens[0],
    "output_tokens": lambda row: row.tokens[4],
    "requests": lambda row: row.requests,
}


def asked_groups(query: QueryParams, known: tuple[str, ...]) -> tuple[str, ...]:
    """Return the dimensions asked for; 400 for unknown ones and for more than five."""
    asked = tuple(dict.fromkeys(query.getlist("group_by[]")))
    for name in asked:
        if name not in known:
            raise bad_request(f"group_by: Input should be one of {', '.join(known)}, got '{name}'")
    if len([name for name in asked if name not in FAN_OUT]) > MOST_GROUPS:
        raise bad_request(f"group_by: At most {MOST_GROUPS} dimensions may be given")
    return asked


def choice(query: QueryParams, name: str, known: tuple[str, ...], default: str) -> str:
    """Return a parameter that is one of ``known``."""
    value = query.get(name, default)
    if value not in known:
        raise bad_request(f"{name}: Input should be one of {', '.join(known)}")
    return value


def build_rows(
    source: AnalyticsSource,
    query: QueryParams,
    span: Span,
    groups: tuple[str, ...],
    *,
    refreshed_at: datetime,
    keep: Callable[[Fact], bool],
) -> list[Row]:
    """Return the rows of all facts in the range that are refreshed, kept and not filtered out."""
    dimensions = tuple(name for name in groups if name not in FAN_OUT)
    end = min(span.end, refreshed_at)
    rows: dict[tuple[Any, ...], Row] = {}
    for day in span.days():
        for fact in source.facts(day):
            if not span.start <= fact.moment < end or not keep(fact):
                continue
            memberships = source.groups_of(fact.user_id, day)
            if not _matches(query, fact, memberships):
                continue
            start, stop = span.bucket(fact.moment)
            for group in _groups(fact, dimensions, memberships):
                key = (start, *group.values())
                rows.setdefault(key, Row(start, stop, group)).add(fact)
    return list(rows.values())


def _groups(
    fact: Fact, dimensions: tuple[str, ...], memberships: list[str]
) -> Iterator[dict[str, Any]]:
    """Yield the dimension values of a fact: once, or once for each group of its user."""
    group = {name: fact.dimensions.get(name) for name in dimensions}
    if "rbac_group_id" not in dimensions:
        yield group
        return
    groups: list[str | None] = [*memberships] or [None]
    for group_id in groups:
        yield group | {"rbac_group_id": group_id}


def _matches(query: QueryParams, fact: Fact, memberships: list[str]) -> bool:
    for parameter, name in _FILTERS.items():
        wanted = query.getlist(parameter)
        value = fact.dimensions.get(name, _NO_VALUE.get(parameter))
        if wanted and value not in wanted:
            return False
    wanted_groups = query.getlist("rbac_group_ids[]")
    if wanted_groups and not set(wanted_groups) & set(memberships):
        return False
    users = query.getlist("actor_ids[]") + query.getlist("user_ids[]")
    return not users or fact.dimensions.get("actor", ("", ""))[1] in users


def in_order(rows: list[Row], order_by: str, *, descending: bool, metric: str) -> list[Row]:
    """Return the rows by a metric or by time; equal ones in an order that never changes."""
    stable = sorted(rows, key=lambda row: (row.start, repr(row.group)))
    by_time = order_by == "time"
    highest = METRICS[metric if by_time else order_by]
    ranked = sorted(stable, key=highest, reverse=by_time or descending)
    return sorted(ranked, key=lambda row: row.start, reverse=descending) if by_time else ranked


def components(
    row: Row, groups: tuple[str, ...]
) -> list[tuple[str | None, str | None, Decimal, Decimal]]:
    """Return cost type, token type and both amounts of each answered row a row stands for.

    ``token_type`` alone tells of tokens only: web searches and other charges are left out.
    """
    if "cost_type" in groups and "token_type" in groups:
        return [(*kind, paid, listed) for kind, (paid, listed) in sorted_cost(row)]
    if "token_type" in groups:
        return [(*kind, paid, listed) for kind, (paid, listed) in sorted_cost(row) if kind[1]]
    if "cost_type" in groups:
        sums: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
        for (cost_type, _), (paid, listed) in sorted_cost(row):
            sums[cost_type][0] += paid
            sums[cost_type][1] += listed
        return [(cost_type, None, paid, listed) for cost_type, (paid, listed) in sums.items()]
    return [(None, None, *row.amounts)] if row.cost else []


def sorted_cost(row: Row) -> list[tuple[tuple[str, str | None], list[Decimal]]]:
    """Return the row's cost by component, in an order that never changes."""
    return sorted(row.cost.items(), key=lambda item: (item[0][0], item[0][1] or ""))


def cents(amount: Decimal) -> str:
    """Return an amount as the reports write it: all digits, and at least six places."""
    exponent = amount.as_tuple().exponent
    assert isinstance(exponent, int)
    return format(amount if exponent <= -6 else amount.quantize(Decimal("0.000001")), "f")


def usage_counts(row: Row) -> dict[str, Any]:
    """Return the counts of a usage row."""
    uncached, write_5m, write_1h, read, output, searches = row.tokens
    return {
        "uncached_input_tokens": uncached,
        "cache_creation": {
            "ephemeral_5m_input_tokens": write_5m,
            "ephemeral_1h_input_tokens": write_1h,
        },
        "cache_read_input_tokens": read,
        "output_tokens": output,
        "total_tokens": row.total_tokens,
        "requests": row.requests,
        "server_tool_use": {"web_search_requests": searches},
    }
