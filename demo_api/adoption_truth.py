"""Who used Claude Code when, seen over windows of days, and in which team.

Reckoned from the records of the Console organisation; people are canonical work addresses and days
UTC, as text.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from demo_api.git_store import GitHubData
from demo_api.organisation import Organisation
from demo_api.teams import team_on

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

_DAY = timedelta(days=1)


class Lifecycle(NamedTuple):
    """People of the last 28 days against those of the 28 before, and of any day before."""

    new: int
    retained: int
    resurrected: int
    lapsed: int
    dormant: int


class WeekOfTeam(NamedTuple):
    """Active people, pull requests that these merged, and those that all people of it did."""

    active: int = 0
    merged_of_active: int = 0
    merged: int = 0


@dataclass
class AdoptionTruth:
    """Adoption by day. A window of n days is there from the n-th day of the span on.

    ``seats_never_used`` are people of the directory who have not used Claude Code until the day;
    ``on_github`` are active people who have signed a commit with their work address.
    ``weeks_by_team`` is of members of the organisation.
    """

    active: dict[int, dict[str, int]] = field(default_factory=dict)
    active_by_team: dict[tuple[str, str], int] = field(default_factory=dict)
    lifecycle: dict[str, Lifecycle] = field(default_factory=dict)
    seats_never_used: dict[str, int] = field(default_factory=dict)
    on_github: dict[str, int] = field(default_factory=dict)
    decisions_by_team: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    # By Monday and team, that of Sunday.
    weeks_by_team: dict[tuple[str, str], WeekOfTeam] = field(default_factory=dict)


def adoption_truth(
    organisation: Organisation, github: GitHubData, days: Sequence[str]
) -> AdoptionTruth:
    """Return the truth about the adoption on ``days``, which follow each other."""
    people = {person.email: person for person in organisation.people}
    by_day = [
        {r.person_email for r in organisation.records.get(day, []) if r.person_email}
        for day in days
    ]
    signed = _signed_work_addresses(github)
    seats = {person.email for person in organisation.people if person.is_in_directory}
    truth = AdoptionTruth({length: {} for length in (1, 7, 28)})
    teams: Counter[tuple[str, str]] = Counter()
    accepted: Counter[tuple[str, str]] = Counter()
    rejected: Counter[tuple[str, str]] = Counter()
    for place, day in enumerate(days):
        for length, counts in truth.active.items():
            if place + 1 >= length:
                counts[day] = len(_within(by_day, place, length))
        if place + 1 >= 56:
            truth.lifecycle[day] = _lifecycle(by_day, place)
        truth.seats_never_used[day] = len(seats - _within(by_day, place, place + 1))
        truth.on_github[day] = len(by_day[place] & signed)
        today = date.fromisoformat(day)
        for email in by_day[place]:
            teams[day, team_on(organisation.people, people[email], today)] += 1
        for record in organisation.records.get(day, []):
            team = "unassigned"
            if record.person_email is not None:
                team = team_on(organisation.people, people[record.person_email], today)
            for tool, (yes, no) in record.tools.items():
                accepted[tool, team] += yes
                rejected[tool, team] += no
    truth.weeks_by_team = _weeks(organisation, github, dict(zip(days, by_day, strict=True)))
    truth.active_by_team = dict(teams)
    truth.decisions_by_team = {key: (accepted[key], rejected[key]) for key in accepted}
    return truth


def _weeks(
    organisation: Organisation, github: GitHubData, active: Mapping[str, AbstractSet[str]]
) -> dict[tuple[str, str], WeekOfTeam]:
    """Return the weeks that ``active``, people by day, has days of."""
    authors = {person.github_login.lower(): person.email for person in organisation.people}
    people = {person.email: person for person in organisation.people}
    of_week: dict[date, set[str]] = defaultdict(set)
    for day, emails in active.items():
        of_week[_monday(day)] |= emails
    merged: Counter[tuple[date, str]] = Counter()
    for repository in github.repositories:
        for pull in repository.pull_requests.values():
            login = pull.author.login.lower() if pull.author else ""
            if pull.merged_at is not None and login in authors:
                merged[_monday(pull.merged_at[:10]), authors[login]] += 1
    found: dict[tuple[str, str], WeekOfTeam] = defaultdict(WeekOfTeam)
    for monday, emails in of_week.items():
        for email in emails | {one for week, one in merged if week == monday}:
            team = team_on(organisation.people, people[email], monday + 6 * _DAY)
            count, is_active = merged[monday, email], email in emails
            known = found[str(monday), team]
            found[str(monday), team] = WeekOfTeam(
                known.active + is_active,
                known.merged_of_active + count * is_active,
                known.merged + count,
            )
    return dict(found)


def _monday(day: str) -> date:
    found = date.fromisoformat(day)
    return found - found.weekday() * _DAY


def _within(by_day: Sequence[AbstractSet[str]], place: int, length: int) -> set[str]:
    """Return whoever was active on one of ``length`` days of which the last is at ``place``."""
    return set().union(*by_day[max(place + 1 - length, 0) : place + 1])


def _lifecycle(by_day: Sequence[AbstractSet[str]], place: int) -> Lifecycle:
    now, before = _within(by_day, place, 28), _within(by_day, place - 28, 28)
    ever = _within(by_day, place - 28, place)
    return Lifecycle(
        new=len(now - ever),
        retained=len(now & before),
        resurrected=len((now & ever) - before),
        lapsed=len(before - now),
        dormant=len(ever - before - now),
    )


def _signed_work_addresses(github: GitHubData) -> set[str]:
    """Return the addresses, in lower case, that GitHub knows the account of."""
    return {
        (commit.author.email or "").lower()
        for repository in github.repositories
        for commits in (
            repository.commits.values(),
            *(pull.commits for pull in repository.pull_requests.values()),
        )
        for commit in commits
        if commit.author.user is not None
    }
