"""The invented organisation as a whole: who, what they used, what it cost, what they wrote.

One seed gives one organisation, to the byte: no clock, no ``hash``. The parts are built in modules
of their own (people, activity, billing, repositories); here they only meet.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, timedelta

from demo_api.activity import ActivityBuilder, ClaudeCodeRecord, UsageRow
from demo_api.billing import CostLine, cost_lines, other_charges, service_usage
from demo_api.enterprise import Enterprise, build_enterprise
from demo_api.gateway import TEAM as GATEWAY_TEAM
from demo_api.gateway import GatewayRequest, build_gateway
from demo_api.git_store import GitHubData
from demo_api.lapses import plant_beginnings, plant_lapse, plant_missing_people
from demo_api.people import (
    ApiKey,
    Member,
    Person,
    Workspace,
    build_api_keys,
    build_members,
    build_people,
    build_workspaces,
)
from demo_api.repositories import OWNER, build_github
from demo_api.runaways import plant_runaways
from demo_api.teams import COST_CENTERS, plant_plus_address
from demo_api.written import plant_written

FIRST_DAY = date(2026, 8, 3)
LAST_DAY = date(2026, 10, 31)
DEFAULT_SEED = 20261101


@dataclass
class Organisation:
    """Everything there is to serve; days are keyed by text, ``2026-08-03``, and are UTC."""

    organization_id: str
    name: str
    people: list[Person]
    workspaces: list[Workspace]
    api_keys: list[ApiKey]
    members: list[Member]
    github: GitHubData
    enterprise: Enterprise
    github_login: str = OWNER
    first_day: date = FIRST_DAY
    last_day: date = LAST_DAY
    records: dict[str, list[ClaudeCodeRecord]] = field(default_factory=dict)
    usage: dict[str, list[UsageRow]] = field(default_factory=dict)
    charges: dict[str, list[CostLine]] = field(default_factory=dict)
    # What went through the gateway.
    gateway: dict[str, list[GatewayRequest]] = field(default_factory=dict)
    _bills: dict[str, list[CostLine]] = field(default_factory=dict, repr=False)

    @property
    def days(self) -> list[str]:
        """All days of the organisation's life, oldest first."""
        return _days(self.first_day, self.last_day)

    def bill(self, day: str) -> list[CostLine]:
        """Return the bill of one day: a line per workspace and description, exact cents."""
        known = self._bills.get(day)
        if known is None:
            known = cost_lines(self.usage.get(day, []), self.charges.get(day, []))
            self._bills[day] = known
        return known

    def forget_bill(self, day: str) -> None:
        """Reckon the day's bill again at the next look, after usage or charges changed."""
        self._bills.pop(day, None)


def _days(first: date, last: date) -> list[str]:
    return [str(first + timedelta(days=i)) for i in range((last - first).days + 1)]


def build_organisation(seed: int = DEFAULT_SEED) -> Organisation:
    """Return the organisation of ``seed``: 40 people, 6 repositories, 90 days."""
    rng = random.Random(seed)
    people = build_people(rng)
    workspaces = build_workspaces(rng)
    api_keys = build_api_keys(rng, people, workspaces)
    organisation = Organisation(
        organization_id="5d3b9a52-7c41-4e0a-9f6d-2b8c01f4a7e6",
        name="Larkfield Software (demo)",
        people=people,
        workspaces=workspaces,
        api_keys=api_keys,
        members=build_members(people, workspaces),
        # Their own stream: a change in what people used does not rewrite every commit.
        github=build_github(random.Random(seed + 1), people),
        enterprise=build_enterprise(random.Random(seed + 4), people, _days(FIRST_DAY, LAST_DAY)),
    )
    activity = ActivityBuilder(random.Random(seed + 2), people, api_keys)
    services = random.Random(seed + 3)
    evaluation = workspaces[3].workspace_id
    for text in organisation.days:
        day = date.fromisoformat(text)
        organisation.records[text], rows = activity.day(day)
        organisation.usage[text] = [*rows, *service_usage(services, day, api_keys)]
        organisation.charges[text] = other_charges(services, day, evaluation)
    plant_runaways(organisation.records, organisation.usage, people, api_keys)
    plant_plus_address(organisation, random.Random(seed + 21))
    plant_lapse(organisation)
    plant_beginnings(organisation)
    plant_missing_people(organisation)
    plant_written(organisation, random.Random(seed + 22))
    organisation.gateway = build_gateway(
        random.Random(seed + 31), people, organisation.days, COST_CENTERS[GATEWAY_TEAM]
    )
    return organisation
