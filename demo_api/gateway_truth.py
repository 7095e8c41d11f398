"""What went through the gateway, added up from the requests themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from demo_api.gateway import GatewayRequest


class GatewayCell(NamedTuple):
    """Requests that are told together; ``model`` is None where no Claude model is known."""

    day: str
    route: str
    model: str | None
    person_email: str | None
    status: str


@dataclass
class GatewaySums:
    """Sums of a cell. Only what was answered by a model has tokens and costs."""

    requests: int = 0
    failures: int = 0
    uncached_input: int = 0
    cache_read: int = 0
    write_5m: int = 0
    write_1h: int = 0
    output: int = 0
    claimed_usd: Decimal = field(default_factory=Decimal)
    list_usd: Decimal | None = field(default_factory=Decimal)

    def add(self, one: GatewayRequest) -> None:
        """Count one request."""
        self.requests += 1
        self.failures += one.status == "failure"
        if one.status == "success":
            self.uncached_input += one.input
            self.cache_read += one.cache_read
            self.write_5m += one.write_5m
            self.write_1h += one.write_1h
            self.output += one.output
        self.claimed_usd += one.claimed_usd
        if self.list_usd is not None:
            self.list_usd = None if one.list_usd is None else self.list_usd + one.list_usd


def gateway_truth(
    log: Mapping[str, Iterable[GatewayRequest]],
) -> dict[GatewayCell, GatewaySums]:
    """Return the right answers by day, route, model, person and status."""
    cells: dict[GatewayCell, GatewaySums] = {}
    for one in (request for rows in log.values() for request in rows):
        email = one.person.email if one.person else None
        cell = GatewayCell(one.day, one.deployment.route, one.deployment.model, email, one.status)
        cells.setdefault(cell, GatewaySums()).add(one)
    return cells
