"""Who of the invented people is in which team on which day, and as whom some of them sign in."""

from __future__ import annotations

import csv
import random
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from demo_api.budgets import write_budgets
from demo_api.people import Person

if TYPE_CHECKING:
    from demo_api.organisation import Organisation

COST_CENTERS = {
    "Checkout": "eng-100",
    "Platform": "eng-110",
    "Mobile": "eng-120",
    "Data": "research-330",
}
# One person goes from one team to another in mid-month.
CHANGE_DAY = date(2026, 9, 16)
CHANGED_TEAM = "Data"
CHANGING_PERSON = 4
PLUS_PERSON = 8
COLUMNS = ("email_address", "github_login", "team_name", "cost_center", "valid_from", "valid_to")

# Whom the organisation would tell what; nobody is told, as no variable of it is set.
ALERTS = """\
time_zone: Europe/Berlin
quiet_hours: {begin: 20:00, end: 07:00, but_send: [critical]}
routes:
  leads:
    type: mail
    server_variable: ALERTS_SMTP
    sender: claude-usage@larkfield.example
    to: [leads@larkfield.example]
  platform: {type: slack, url_variable: ALERTS_PLATFORM_URL}
rules:
  - {alert: budget_forecast, routes: [leads]}
  - {alert: budget_exhausted, routes: [leads]}
  - {alert: cost_anomaly, routes: [platform], teams: [Platform]}
  - {alert: check_failed, routes: [leads]}
  - {alert: machine_silent, routes: [platform], teams: [Platform]}
digests:
  leaders: [leads]
  teams: {Platform: [platform]}
"""


def team_on(people: list[Person], person: Person, day: date) -> str:
    """Return the team that a person's figures of a day belong to."""
    if person is people[CHANGING_PERSON] and day >= CHANGE_DAY:
        return CHANGED_TEAM
    return person.team


def write_seeds(people: list[Person], folder: Path) -> Path:
    """Write the seeds that the organisation would bring into ``folder``, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "team_memberships.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for index, person in enumerate(people):
            # In the form of the directory: mixed case for some.
            row = [person.directory_email, ""]
            if index == CHANGING_PERSON:
                writer.writerow([*row, person.team, COST_CENTERS[person.team], "", CHANGE_DAY])
                new = CHANGED_TEAM
                writer.writerow([*row, new, COST_CENTERS[new], CHANGE_DAY, ""])
            else:
                writer.writerow([*row, person.team, COST_CENTERS[person.team], "", ""])
    write_budgets(folder)
    (folder / "alerts.yml").write_text(ALERTS, encoding="utf-8")
    return folder


def plant_plus_address(organisation: Organisation, rng: random.Random) -> None:
    """Let one person sign in with a plus address on about a third of the days."""
    person = organisation.people[PLUS_PERSON]
    plus = person.email.replace("@", "+claude@")
    for records in organisation.records.values():
        is_chosen = rng.random() < 0.34
        for record in records:
            if is_chosen and record.is_user and record.person_email == person.email:
                record.actor = plus
