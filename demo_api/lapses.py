"""Who begins late, who stops and comes back, and whom a report leaves out: it is taken out.

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
# A Sunday on which whoever worked signed in with a seat.
MISSING_DAY = "2026-10-25"
# First days, by the position of a person without a seat in the Enterprise organisation.
BEGINNINGS = {18: "2026-09-07", 31: "2026-09-14", 25: "2026-10-05", 13: "2026-10-12"}


def plant_lapse(organisation: Organisation) -> None:
    """Take the records of one person out of the days of the lapse, both ends included."""
    person = lapsing_person(organisation.people)
    assert person.has_subscription
    for day, records in organisation.records.items():
        if LAPSED_FROM <= day <= LAPSED_TO:
            organisation.records[day] = [
                record for record in records if record.person_email != person.email
            ]


def plant_beginnings(organisation: Organisation) -> None:
    """Take out what late beginners did before their first day, records and usage alike."""
    for position, first_day in BEGINNINGS.items():
        person = organisation.people[position]
        for day in organisation.days:
            if day < first_day:
                organisation.records[day] = [
                    record
                    for record in organisation.records[day]
                    if record.person_email != person.email
                ]
                organisation.usage[day] = [
                    row for row in organisation.usage[day] if row.account_id != person.user_id
                ]


def plant_missing_people(organisation: Organisation) -> None:
    """Take out the records of a day, and not its usage: whoever worked is not in the report."""
    organisation.records[MISSING_DAY] = []


def lapsing_person(people: Sequence[Person]) -> Person:
    """Return whoever lapses."""
    return people[LAPSING_PERSON]
