"""Who caused which part of the bill, and what no price or no bill can say of it.

Reckoned from usage rows and charges. Money is exact ``Decimal`` US cents; days are UTC, as text.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from demo_api.activity import UsageRow
from demo_api.analytics_truth import kinds_of_row, row_cents, row_tokens
from demo_api.organisation import Organisation
from demo_api.people import CLAUDE_CODE_WORKSPACE, Person
from demo_api.prices import UNKNOWN_MODEL
from demo_api.teams import COST_CENTERS, team_on

UNASSIGNED = "unassigned"


@dataclass
class CostTruth:
    """The bill by those who caused it: people, keys of nobody, and the rest.

    A key that Claude Code made in its workspace is its creator's; any other key is nobody's. Teams
    are those of the day, by name, ``unassigned`` for what is no person's. Its cost centre is then
    the tag of the workspace.
    """

    cents_by_person: dict[str, Decimal] = field(default_factory=dict)
    cents_by_day_and_person: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    cents_by_key: dict[str, Decimal] = field(default_factory=dict)
    unallocated_cents: Decimal = Decimal(0)
    cents_by_day_and_team: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    cents_by_cost_center: dict[str, Decimal] = field(default_factory=dict)
    # By month, key, model and kind of token, null for what is a person's or has no key.
    cents_by_key_and_kind: dict[tuple[str, str | None, str, str], Decimal] = field(
        default_factory=dict
    )
    tokens_by_key_and_kind: dict[tuple[str, str | None, str, str], int] = field(
        default_factory=dict
    )
    priority_tokens: dict[tuple[str, str], int] = field(default_factory=dict)
    unpriced_tokens: dict[tuple[str, str], int] = field(default_factory=dict)


def cost_truth(organisation: Organisation, days: Iterable[str]) -> CostTruth:
    """Return who caused the Console organisation's bill of ``days``."""
    people = organisation.people
    by_id = {person.user_id: person for person in people}
    owners = {
        key.api_key_id: by_id[key.created_by_id]
        for key in organisation.api_keys
        if key.created_by_id in by_id
        and key.is_listed
        and key.workspace.name == CLAUDE_CODE_WORKSPACE
        and key.name.startswith("claude_code_key_")
    }
    by_person: dict[str, Decimal] = defaultdict(Decimal)
    by_day_and_person: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    by_key: dict[str, Decimal] = defaultdict(Decimal)
    by_team: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    by_center: dict[str, Decimal] = defaultdict(Decimal)
    kind_cents: dict[tuple[str, str | None, str, str], Decimal] = defaultdict(Decimal)
    kind_tokens: Counter[tuple[str, str | None, str, str]] = Counter()
    priority: Counter[tuple[str, str]] = Counter()
    unpriced: Counter[tuple[str, str]] = Counter()
    truth = CostTruth()

    tags = {one.reported_id: one.cost_center for one in organisation.workspaces}

    def add(day: str, cents: Decimal, person: Person | None, workspace: str | None) -> None:
        team = team_on(people, person, date.fromisoformat(day)) if person else UNASSIGNED
        by_team[day, team] += cents
        by_center[COST_CENTERS.get(team) or tags[workspace] or UNASSIGNED] += cents

    for day in days:
        for row in organisation.usage.get(day, []):
            if row.service_tier == "priority":
                priority[day, row.model] += row_tokens(row)
                continue
            if row.model == UNKNOWN_MODEL:
                unpriced[day, row.model] += row_tokens(row)
            cents, person = row_cents(row), _owner(row, by_id, owners)
            key_id = row.api_key_id if row.account_id is None else None
            for kind, tokens, kind_cost in kinds_of_row(row):
                kind_cents[day[:7], key_id, row.model, kind] += kind_cost
                kind_tokens[day[:7], key_id, row.model, kind] += tokens
            add(day, cents, person, row.workspace_id)
            if person is not None:
                by_person[person.email] += cents
                by_day_and_person[day, person.email] += cents
            elif row.api_key_id is not None:
                by_key[row.api_key_id] += cents
            else:
                truth.unallocated_cents += cents
        for line in organisation.charges.get(day, []):
            add(day, line.amount_cents, None, line.workspace_id)
            truth.unallocated_cents += line.amount_cents
    truth.cents_by_person, truth.cents_by_key = dict(by_person), dict(by_key)
    truth.cents_by_day_and_person = dict(by_day_and_person)
    truth.cents_by_day_and_team, truth.cents_by_cost_center = dict(by_team), dict(by_center)
    truth.cents_by_key_and_kind, truth.tokens_by_key_and_kind = dict(kind_cents), dict(kind_tokens)
    truth.priority_tokens, truth.unpriced_tokens = dict(priority), dict(unpriced)
    return truth


def _owner(row: UsageRow, people: dict[str, Person], owners: dict[str, Person]) -> Person | None:
    if row.account_id is not None:
        return people[row.account_id]
    return owners.get(row.api_key_id or "")
