"""Pull requests that are planted beside the drawn ones, each set with its true answer.

They have a random stream of their own, so that nothing drawn elsewhere moves.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from demo_api.branches import Plan, plan_one
from demo_api.people import Person
from demo_api.pull_request_cases import UNDETERMINED, Case

REPOSITORY = "storefront"
# Somebody who uses Claude Code nearly every day, on a machine where attribution is switched off.
_QUIET = Case("attribution_switched_off", styles=("squash",))
_QUIET_COUNT = 6
_FIRST = datetime(2026, 10, 1, 9, tzinfo=UTC)
_LAST = datetime(2026, 10, 31, 20, tzinfo=UTC)


def plant_pull_requests(writers: list[Person], *, first_number: int) -> list[Plan]:
    """Return the plans to merge into ``REPOSITORY``, numbered from ``first_number``."""
    rng = random.Random("planted pull requests")
    quiet = next(person for person in writers if person.intensity == 0.9)
    plans: list[Plan] = []
    for place in range(_QUIET_COUNT):
        opened = _FIRST + timedelta(days=2 * place, minutes=rng.randrange(300))
        plan = plan_one(
            rng,
            name=REPOSITORY,
            number=first_number + place,
            case=_QUIET,
            style="squash",
            opened=opened,
            last=_LAST,
            person=quiet,
            size=2,
        )
        plan.pull_request.balanced_truth = UNDETERMINED
        plans.append(plan)
    plans.append(_revert(rng, plans[0], writers[0], first_number + _QUIET_COUNT))
    return [replace(plan, rng=rng) for plan in plans]


def _revert(rng: random.Random, reverted: Plan, person: Person, number: int) -> Plan:
    """Plan what GitHub's revert button opens, five days after the merge."""
    taken_back = reverted.pull_request
    case = Case(
        "planted_revert",
        title=f'Revert "{taken_back.title}"',
        body=f"Reverts larkfield/{REPOSITORY}#{taken_back.number}",
        styles=("squash",),
    )
    taken_back.is_reverted = True
    return plan_one(
        rng,
        name=REPOSITORY,
        number=number,
        case=case,
        style="squash",
        opened=datetime.fromisoformat(reverted.finished) + timedelta(days=5),
        last=_LAST,
        person=person,
        size=1,
    )
