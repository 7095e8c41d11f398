"""The right answers about the analytics reports and the Enterprise organisation.

Reckoned from usage rows, list prices and seats, apart from the code that serves the reports. Money
is exact ``Decimal`` US cents; days are UTC, as text.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from demo_api.activity import UsageRow
from demo_api.enterprise import DISCOUNTED, EnterpriseActivity
from demo_api.organisation import Organisation
from demo_api.prices import BATCH_MULTIPLIER, PRICES, US_MULTIPLIER, WEB_SEARCH_CENTS, token_cents

# By actor, day and product. Actors are ids (a federated one its issuer), null for nobody.
ByActor = dict[tuple[str | None, str, str | None], Decimal]


@dataclass
class AnalyticsTruth:
    """What the Console organisation's analytics of usage and cost add up to.

    ``cents`` has no Priority Tier, ``tokens`` has. Charges without tokens (code execution, managed
    sessions) have no actor. ``cents`` over everything is the bill.
    """

    cents: ByActor = field(default_factory=dict)
    tokens: dict[tuple[str | None, str, str | None], int] = field(default_factory=dict)
    requests: dict[str, int] = field(default_factory=dict)


@dataclass
class EnterpriseSums:
    """Sums of Enterprise activity; ``days`` counts rows."""

    days: int = 0
    sessions: int = 0
    lines_added: int = 0
    lines_removed: int = 0
    commits: int = 0
    pull_requests: int = 0
    chat_messages: int = 0

    def add(self, done: EnterpriseActivity) -> None:
        """Count one row."""
        self.days += 1
        for name in vars(self):
            if name != "days":
                setattr(self, name, getattr(self, name) + getattr(done, name))


@dataclass
class EnterpriseTruth:
    """What is true of the Enterprise organisation.

    People are canonical addresses, also those whose account is gone; ``unresolved`` in
    ``cents_by_person`` is usage of no person: a service, a channel, code review. ``cents`` is what
    is paid, ``list_cents`` what is on the list. The user reports leave out what has no user id.
    """

    activity: dict[tuple[str, str], EnterpriseSums] = field(default_factory=dict)
    # By person, day and product: messages, conversations or sessions, actions, searches.
    other_products: dict[tuple[str, str, str], tuple[int, int, int, int]] = field(
        default_factory=dict
    )
    active_people_by_day: dict[str, int] = field(default_factory=dict)
    claude_code_people_by_day: dict[str, int] = field(default_factory=dict)
    cents: ByActor = field(default_factory=dict)
    list_cents: ByActor = field(default_factory=dict)
    tokens: dict[tuple[str | None, str, str | None], int] = field(default_factory=dict)
    cents_by_person: dict[str, Decimal] = field(default_factory=dict)
    user_report_cents: Decimal = Decimal(0)
    listed_users: int = 0
    group_members: dict[str, frozenset[str]] = field(default_factory=dict)


def console_truth(organisation: Organisation, days: Iterable[str]) -> AnalyticsTruth:
    """Return the truth about the Console organisation's analytics on ``days``."""
    cents: ByActor = defaultdict(Decimal)
    tokens: Counter[tuple[str | None, str, str | None]] = Counter()
    requests: Counter[str] = Counter()
    for day in days:
        for row in organisation.usage.get(day, []):
            key = (_actor(row), day, row.product)
            tokens[key] += row_tokens(row)
            requests[day] += 1 + row.output // 700
            if row.service_tier != "priority":
                cents[key] += row_cents(row)
        for line in organisation.charges.get(day, []):
            product = "managed_agents_api" if line.cost_type == "session_usage" else None
            cents[None, day, product] += line.amount_cents
    return AnalyticsTruth(dict(cents), dict(tokens), dict(requests))


def enterprise_truth(organisation: Organisation, days: Iterable[str]) -> EnterpriseTruth:
    """Return the truth about the Enterprise organisation on ``days``."""
    enterprise = organisation.enterprise
    addresses = {seat.user_id: seat.email for seat in enterprise.seats}
    truth = EnterpriseTruth(listed_users=sum(seat.is_listed for seat in enterprise.seats))
    listed: ByActor = defaultdict(Decimal)
    tokens: Counter[tuple[str | None, str, str | None]] = Counter()
    for day in days:
        done = enterprise.activity.get(day, [])
        for activity in done:
            email = addresses[activity.user_id]
            assert email is not None
            truth.activity.setdefault((email, day), EnterpriseSums()).add(activity)
            for product, counts in _other_products(activity).items():
                if any(counts):
                    truth.other_products[email, day, product] = counts
        truth.active_people_by_day[day] = len({activity.user_id for activity in done})
        truth.claude_code_people_by_day[day] = len({a.user_id for a in done if a.sessions})
        for row in enterprise.usage.get(day, []):
            key = (row.account_id, day, row.product)
            listed[key] += row_cents(row)
            tokens[key] += row_tokens(row)
    truth.list_cents, truth.tokens = dict(listed), dict(tokens)
    truth.cents = {key: amount * DISCOUNTED for key, amount in listed.items()}
    by_person: dict[str, Decimal] = defaultdict(Decimal)
    for (user_id, _, _), amount in truth.cents.items():
        by_person[addresses.get(user_id or "") or "unresolved"] += amount
        truth.user_report_cents += amount if user_id is not None else 0
    truth.cents_by_person = dict(by_person)
    truth.group_members = {
        group.name: frozenset(addresses[member.user_id] or "" for member in group.members)
        for group in enterprise.groups
    }
    return truth


def _other_products(done: EnterpriseActivity) -> dict[str, tuple[int, int, int, int]]:
    return {
        "chat": (done.chat_messages, done.chat_conversations, 0, 0),
        "cowork": (done.cowork_messages, done.cowork_sessions, done.cowork_actions, 0),
        "office_excel": (done.excel_messages, 0, 0, 0),
        "none": (0, 0, 0, done.web_searches),
    }


def row_cents(row: UsageRow) -> Decimal:
    """Return the list price of one usage row, web searches included."""
    tokens = sum((cents for _, _, cents in kinds_of_row(row)), Decimal(0))
    return tokens + row.web_searches * WEB_SEARCH_CENTS


def kinds_of_row(row: UsageRow) -> Iterator[tuple[str, int, Decimal]]:
    """Yield the kinds of token of one usage row, their number and list price, none without."""
    price = PRICES[row.model]
    factor = BATCH_MULTIPLIER if row.service_tier == "batch" else Decimal(1)
    if row.inference_geo == "us":
        factor *= US_MULTIPLIER
    for kind, tokens, dollars in (
        ("uncached_input_tokens", row.uncached_input, price.input),
        ("output_tokens", row.output, price.output),
        ("cache_read_input_tokens", row.cache_read, price.read),
        ("cache_creation.ephemeral_5m_input_tokens", row.write_5m, price.write_5m),
        ("cache_creation.ephemeral_1h_input_tokens", row.write_1h, price.write_1h),
    ):
        if tokens:
            yield kind, tokens, token_cents(tokens, dollars) * factor


def row_tokens(row: UsageRow) -> int:
    """Return the tokens of all kinds of one usage row."""
    return row.uncached_input + row.output + row.cache_read + row.write_5m + row.write_1h


def _actor(row: UsageRow) -> str | None:
    """Return the first of user, service account, federated identity and key that there is."""
    return row.account_id or row.service_account_id or row.federated_issuer or row.api_key_id
