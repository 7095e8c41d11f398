"""Who stops using Claude Code for weeks and comes back: what they did in between is taken out.

Nothing is drawn, so that nothing else of the organisation moves.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from demo_api.people import Person

if TYPE_CHECKING:
    from demo_api.organisation import Organisation

# Has a subscription, so that no usage row and no line of the bill belongs to a record.
LAPSING_PERSON = 11
# Longer than two windows of 28 days: back again on a day that can see both.
LAPSED_FROM, LAPSED_TO = "2026-08-19", "2026-10-18"


def plant_lapse(organisation: Organisation) -> None:
    """Take the records of one person out of the days of the lapse, both ends included."""
    person = lapsing_person(organisation.people)
    assert person.has_subscription
    for day, records in organisation.records.items():
        if LAPSED_FROM <= day <= LAPSED_TO:
            organisation.records[day] = [
                record for record in records if record.person_email != person.email
            ]


def lapsing_person(people: Sequence[Person]) -> Person:
    """Return whoever lapses."""
    return people[LAPSING_PERSON]
