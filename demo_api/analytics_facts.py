"""What the usage and cost reports add up: one fact per usage row or other charge.

Both kinds of organisation are read through the same small interface; nothing here knows of HTTP.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

from demo_api.activity import UsageRow
from demo_api.billing import CostLine, lines_of
from demo_api.enterprise import DISCOUNTED, Enterprise
from demo_api.organisation import Organisation

# Type and id, for a federated caller the issuer.
Actor = tuple[str, str]


@dataclass(frozen=True)
class CostPart:
    """A component of a fact's cost, in exact cents."""

    cost_type: str
    token_type: str | None
    amount: Decimal
    list_amount: Decimal


@dataclass(frozen=True)
class Fact:
    """``dimensions`` leaves out what is null; ``tokens`` is null for what is no model usage.

    The counts of ``tokens``: uncached input, 5-minute and 1-hour cache writes, cache reads, output,
    web searches.
    """

    moment: datetime
    dimensions: Mapping[str, Any]
    requests: int
    tokens: tuple[int, int, int, int, int, int] | None
    cost: tuple[CostPart, ...]

    @property
    def day(self) -> str:
        return str(self.moment.date())

    @property
    def user_id(self) -> str | None:
        """The user the fact is attributed to, if it is one."""
        kind, name = self.dimensions.get("actor", ("", None))
        return name if kind == "user_actor" else None


class AnalyticsSource(Protocol):
    """One organisation as the reports see it."""

    def facts(self, day: str) -> Iterator[Fact]:
        """Yield the facts of one UTC day."""

    def actor(self, actor: Actor) -> dict[str, Any]:
        """Return the actor as reports show it today."""

    def groups_of(self, user_id: str | None, day: str) -> list[str]:
        """Return the RBAC groups a user was in on a day."""


class ConsoleSource:
    """The Console organisation: every caller, by workspace and key."""

    def __init__(self, organisation: Organisation) -> None:
        self._organisation = organisation
        self._default = next(w.workspace_id for w in organisation.workspaces if w.is_default)

    def facts(self, day: str) -> Iterator[Fact]:
        """Yield a fact per usage row and other charge; together they are the day's bill."""
        for row in self._organisation.usage.get(day, []):
            more = {"workspace_id": row.workspace_id or self._default}
            yield _row_fact(row, more, Decimal(1))
        for line in self._organisation.charges.get(day, []):
            yield _charge_fact(line, line.workspace_id or self._default)

    def actor(self, actor: Actor) -> dict[str, Any]:
        """Return the actor; who left stays known by name and address, as ``deleted``."""
        kind, name = actor
        if kind == "user_actor":
            person = next(p for p in self._organisation.people if p.user_id == name)
            return _user(name, person.directory_email, person.name, not person.is_in_directory)
        if kind == "service_account_actor":
            return {"type": kind, "service_account_id": name}
        if kind == "federated_actor":
            return {"type": kind, "provider": {"type": "oidc", "issuer": name}, "subject": None}
        return {"type": kind, "api_key_id": name}

    def groups_of(self, user_id: str | None, day: str) -> list[str]:  # noqa: ARG002
        """Return nothing: a Console organisation has no groups."""
        return []


class EnterpriseSource:
    """The Enterprise organisation: users, and usage of nobody."""

    def __init__(self, enterprise: Enterprise) -> None:
        self._enterprise = enterprise

    def facts(self, day: str) -> Iterator[Fact]:
        """Yield a fact per usage row, at the discounted price."""
        for row in self._enterprise.usage.get(day, []):
            yield _row_fact(row, {}, DISCOUNTED)

    def actor(self, actor: Actor) -> dict[str, Any]:
        """Return the user; a deleted account has lost address and name."""
        seat = next(seat for seat in self._enterprise.seats if seat.user_id == actor[1])
        if seat.account_deleted:
            return _user(seat.user_id, None, "Deleted User", True)
        return _user(seat.user_id, seat.email, seat.name, bool(seat.email) and not seat.is_listed)

    def groups_of(self, user_id: str | None, day: str) -> list[str]:
        """Return the groups of a user."""
        return self._enterprise.groups_of(user_id, day)


def _user(user_id: str, email: str | None, name: str, deleted: bool) -> dict[str, Any]:
    return {
        "type": "user_actor",
        "user_id": user_id,
        "email_address": email,
        "name": name,
        "deleted": deleted,
    }


def _actor(row: UsageRow) -> Actor | None:
    """Return who the usage is attributed to, by the documented precedence."""
    for kind, name in (
        ("user_actor", row.account_id),
        ("service_account_actor", row.service_account_id),
        ("federated_actor", row.federated_issuer),
        ("api_actor", row.api_key_id),
    ):
        if name is not None:
            return kind, name
    return None


def _row_fact(row: UsageRow, more: dict[str, str], share: Decimal) -> Fact:
    actor = _actor(row)
    dimensions = {
        **more,
        "actor": actor,
        "actor_type": actor[0] if actor else None,
        "api_key_id": row.api_key_id,
        "model": row.model,
        "product": row.product,
        "service_tier": row.service_tier,
        "context_window": row.context_window,
        "inference_geo": row.inference_geo,
        "speed": "standard",
    }
    counts = (
        row.uncached_input,
        row.write_5m,
        row.write_1h,
        row.cache_read,
        row.output,
        row.web_searches,
    )
    return Fact(
        moment=_moment(row.day, row.minute),
        dimensions={name: value for name, value in dimensions.items() if value is not None},
        requests=row.requests,
        tokens=counts,
        cost=tuple(
            CostPart(line.cost_type, line.token_type, line.amount_cents * share, line.amount_cents)
            for line in lines_of(row)
        ),
    )


def _charge_fact(line: CostLine, workspace_id: str) -> Fact:
    dimensions = {"workspace_id": workspace_id}
    if line.cost_type == "session_usage":
        dimensions["product"] = "managed_agents_api"
    part = CostPart(line.cost_type, None, line.amount_cents, line.amount_cents)
    return Fact(_moment(line.day, 720), dimensions, 1, None, (part,))


def _moment(day: str, minute: int) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(minutes=minute)
