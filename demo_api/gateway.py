"""What one team sends through a LiteLLM gateway, to Anthropic and to three clouds.

People and services of the team have keys of the gateway. Days are UTC, money is exact ``Decimal``
US dollars. How the gateway tells it is `litellm.py`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256

from demo_api.people import Person
from demo_api.prices import PRICES, US_MULTIPLIER

TEAM = "Platform"
# As the gateway's administrators wrote it.
TEAM_ALIAS = "platform"
TEAM_ID = "4f6c2d1e-platform"
TAG_NAMESPACE = "cost-center"
SERVICE = "nightly-review"
# The gateway's own price of an hour's cache write on this route is that of five minutes.
UNDERPRICED_ROUTE = "vertex_ai"
_MILLION = Decimal(1_000_000)


@dataclass(frozen=True)
class Deployment:
    """A model behind the gateway: as clients ask for it, as the log has it, and what it is."""

    group: str
    logged: str
    route: str
    model: str | None
    multiplier: Decimal = Decimal(1)


DEPLOYMENTS = (
    Deployment("claude-opus", "anthropic/claude-opus-5-5", "anthropic", "claude-opus-5-5"),
    Deployment(
        "claude-sonnet",
        "bedrock/eu.anthropic.claude-sonnet-5-5-v1:0",
        "bedrock",
        "claude-sonnet-5-5",
        US_MULTIPLIER,
    ),
    Deployment(
        "claude-haiku",
        "vertex_ai/claude-haiku-4-5@20251001",
        "vertex_ai",
        "claude-haiku-4-5-20251001",
    ),
    Deployment("claude-opus-foundry", "azure_ai/claude-opus-4-8", "azure_ai", "claude-opus-4-8"),
    # Whoever made this deployment gave it a name of their own.
    Deployment("review-model", "azure_ai/review-model", "azure_ai", None),
)


@dataclass(frozen=True)
class GatewayRequest:
    """One request. ``input`` is without what was read from a cache or written to one.

    ``status``: ``success``, ``failure``, or ``gateway_cache`` for one that the gateway answered
    itself. Of a failure ``input`` is what the gateway estimates.
    """

    request_id: str
    session_id: str
    started_at: datetime
    person: Person | None
    deployment: Deployment
    status: str
    input: int
    cache_read: int
    write_5m: int
    write_1h: int
    output: int
    cost_center: str

    @property
    def day(self) -> str:
        return f"{self.started_at:%Y-%m-%d}"

    @property
    def key_alias(self) -> str:
        return f"{self.person.local_part}-key" if self.person else SERVICE

    @property
    def key_hash(self) -> str:
        return sha256(f"sk-{self.key_alias}".encode()).hexdigest()

    @property
    def prompt_tokens(self) -> int:
        return self.input + self.cache_read + self.write_5m + self.write_1h

    @property
    def list_usd(self) -> Decimal | None:
        """The list price of what was used, None where no list has the model."""
        if self.status != "success":
            return Decimal(0)
        return None if self.deployment.model is None else self._usd(self.deployment.model)

    @property
    def claimed_usd(self) -> Decimal:
        """What the gateway says it cost."""
        if self.status != "success":
            return Decimal(0)
        if self.deployment.model is None:
            # Priced by hand as something else.
            return self._usd("claude-sonnet-5-5")
        is_cheap = self.deployment.route == UNDERPRICED_ROUTE
        return self._usd(self.deployment.model, is_hour_cheap=is_cheap)

    def _usd(self, model: str, *, is_hour_cheap: bool = False) -> Decimal:
        price = PRICES[model]
        hour = price.write_5m if is_hour_cheap else price.write_1h
        usd = (
            self.input * price.input
            + self.cache_read * price.read
            + self.write_5m * price.write_5m
            + self.write_1h * hour
            + self.output * price.output
        )
        return usd * self.deployment.multiplier / _MILLION


def build_gateway(
    rng: random.Random, people: list[Person], days: list[str], cost_center: str
) -> dict[str, list[GatewayRequest]]:
    """Return the team's requests by day, oldest first: some thirty on a working day."""
    team = [one for one in people if one.team == TEAM and one.is_in_directory and one.intensity]
    log: dict[str, list[GatewayRequest]] = {}
    for text in days:
        day = date.fromisoformat(text)
        users: list[Person | None] = [None] * 3
        if day.weekday() < 5:
            users += [one for one in team for _ in range(4) if rng.random() < one.intensity]
        rows = [_request(rng, day, user, cost_center) for user in users]
        log[text] = sorted(rows, key=lambda one: (one.started_at, one.request_id))
    return log


def _request(
    rng: random.Random, day: date, person: Person | None, cost_center: str
) -> GatewayRequest:
    # The service runs at midnight, where days meet.
    seconds = rng.randrange(7 * 3600, 19 * 3600) if person else rng.choice((0, 86_399))
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
    status = rng.choices(("success", "failure", "gateway_cache"), weights=(92, 5, 3))[0]
    is_read = status == "success"
    return GatewayRequest(
        request_id=f"msg_{rng.getrandbits(96):024x}",
        session_id=f"{rng.getrandbits(128):032x}",
        started_at=moment + timedelta(seconds=seconds, milliseconds=rng.randrange(1000)),
        person=person,
        deployment=rng.choices(DEPLOYMENTS, weights=(30, 30, 20, 15, 5))[0],
        status=status,
        input=rng.randrange(5, 400),
        cache_read=rng.randrange(2_000, 90_000) if is_read else 0,
        write_5m=rng.randrange(0, 6_000) if is_read else 0,
        write_1h=rng.choice((0, 0, 1_000, 2_500)) if is_read else 0,
        output=rng.randrange(20, 3_000) if status != "failure" else 0,
        cost_center=cost_center,
    )
