"""The invented repositories: five with a history, one empty.

Each repository is played through in time: pull requests are planned first, then merged in order of
their merge time between direct pushes, so that parents, dates and branches fit each other.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from demo_api.branches import Plan, plan_pull_requests
from demo_api.git_people import WEB_FLOW, known_actor, person_actor
from demo_api.git_store import (
    Commit,
    GitActor,
    GitHubData,
    OrganizationMember,
    Repository,
)
from demo_api.merging import Merger
from demo_api.people import Person
from demo_api.planted_pull_requests import REPOSITORY as PLANTED_IN
from demo_api.planted_pull_requests import plant_pull_requests
from demo_api.pull_request_cases import WITH, WITHOUT
from demo_api.reviews import add_files_and_reviews
from demo_api.text import instant, object_id

OWNER = "larkfield"


@dataclass(frozen=True)
class Outline:
    """What one repository is like. ``styles`` are drawn evenly for its merges."""

    name: str
    database_id: int
    pull_request_count: int
    direct_push_count: int
    styles: tuple[str, ...]
    is_archived: bool = False
    last_day: str = "2026-10-31"


OUTLINES = (
    Outline("storefront", 731_004_112, 300, 90, ("squash",)),
    Outline("billing-service", 731_004_377, 190, 60, ("merge",)),
    Outline("data-platform", 731_005_020, 130, 60, ("rebase",)),
    Outline("mobile-app", 731_006_981, 150, 70, ("squash", "squash", "merge")),
    Outline("legacy-reports", 688_120_045, 24, 40, ("merge",), True, "2026-09-04"),
    Outline("new-initiative", 790_330_001, 0, 0, ("squash",)),
)
FIRST_MOMENT = datetime(2026, 7, 20, 7, tzinfo=UTC)
_SUBJECTS = ("Correct a typo in the readme", "Raise the build time-out", "Sort imports")


def build_github(rng: random.Random, people: list[Person]) -> GitHubData:
    """Return everything on GitHub: the repositories, and who is in the organization."""
    repositories = build_repositories(rng, people)
    for repository in repositories:
        add_files_and_reviews(repository, people)
    members = [
        OrganizationMember(person.github_login, person.github_id)
        for person in people
        if person.is_in_directory
    ]
    return GitHubData(repositories, members={OWNER: members})


def build_repositories(rng: random.Random, people: list[Person]) -> list[Repository]:
    """Return the six repositories of the organisation, complete with objects and heads."""
    writers = [person for person in people if person.role not in ("billing", "user")]
    return [_Builder(rng, outline, writers).build() for outline in OUTLINES]


class _Builder:
    """Plays one repository through in time."""

    def __init__(self, rng: random.Random, outline: Outline, writers: list[Person]) -> None:
        self._rng = rng
        self._outline = outline
        self._writers = writers
        self._last = datetime.fromisoformat(f"{outline.last_day}T20:00:00+00:00")
        self.repository = Repository(
            database_id=outline.database_id,
            owner=OWNER,
            name=outline.name,
            created_at="2026-05-04T08:00:00Z"
            if outline.direct_push_count
            else "2026-10-29T08:00:00Z",
            is_archived=outline.is_archived,
            is_private=outline.name != "mobile-app",
        )
        self._heads: list[tuple[str, str]] = []
        self._planted_count = 0

    def build(self) -> Repository:
        if not self._outline.direct_push_count:
            return self.repository
        self._begin()
        plans = plan_pull_requests(
            self._rng,
            name=self._outline.name,
            count=self._outline.pull_request_count,
            styles=self._outline.styles,
            first=FIRST_MOMENT,
            last=self._last,
            writers=self._writers,
        )
        if self._outline.name == PLANTED_IN:
            first_number = max(plan.pull_request.number for plan in plans) + 1
            plans.extend(plant_pull_requests(self._writers, first_number=first_number))
        events: list[tuple[str, Plan | GitActor]] = [(plan.finished, plan) for plan in plans]
        events.extend(self._pushes())
        for _, event in sorted(events, key=lambda pair: pair[0]):
            if isinstance(event, Plan):
                self._finish(event)
            else:
                self._push(event)
        self.repository.pushed_at = self._heads[-1][0]
        return self.repository

    def _begin(self) -> None:
        """Write the commits from before the window, June and July."""
        moment = datetime(2026, 6, 1, 9, tzinfo=UTC)
        for _ in range(12):
            person = self._rng.choice(self._writers)
            self._push(person_actor(self._rng, person, instant(moment)))
            moment += timedelta(days=3, minutes=self._rng.randrange(600))

    def _pushes(self) -> list[tuple[str, GitActor]]:
        span = int((self._last - FIRST_MOMENT).total_seconds())
        pushes: list[tuple[str, GitActor]] = []
        for _ in range(self._outline.direct_push_count):
            moment = instant(FIRST_MOMENT + timedelta(seconds=self._rng.randrange(span)))
            person = self._rng.choice(self._writers)
            pushes.append((moment, person_actor(self._rng, person, moment)))
        return pushes

    def _push(self, actor: GitActor) -> None:
        """Push one commit straight to the default branch, now and then one by Claude."""
        rng = self._rng
        claude = rng.random() < 0.12 and bool(self._heads)
        message = rng.choice(_SUBJECTS)
        if claude:
            message += "\n\nCo-Authored-By: Claude Opus 5.5 <noreply@anthropic.com>"
        commit = Commit(
            oid=object_id(self._outline.name, "push", len(self._heads) - self._planted_count),
            message=message,
            author=actor,
            committer=actor if rng.random() < 0.7 else known_actor(WEB_FLOW, actor.date),
            parents=(self._heads[-1][1],) if self._heads else (),
            additions=rng.randrange(1, 60),
            deletions=rng.randrange(30),
            changed_files=rng.randrange(1, 5),
            claude_truth=WITH if claude else WITHOUT,
        )
        self._advance(actor.date, [commit])

    def _advance(self, moment: str, commits: list[Commit]) -> None:
        self.repository.add_commits(commits)
        self.repository.head = commits[-1].oid
        self._heads.append((moment, commits[-1].oid))

    def _head_at(self, moment: str) -> str:
        place = bisect_right(self._heads, (moment, "~"))
        return self._heads[max(place - 1, 0)][1]

    def _finish(self, plan: Plan) -> None:
        """Attach the branch to the head it started from, and merge it if it was merged."""
        pull = plan.pull_request
        parent = self._head_at(pull.commits[0].committed_date)
        for commit in pull.commits:
            update = len(pull.commits) > 3 and commit.message.startswith("Merge branch")
            side = (self._head_at(commit.committed_date),) if update else ()
            commit.parents = (parent, *side)
            parent = commit.oid
        pull.head_ref_oid = parent
        self.repository.add_commits(pull.commits)
        self.repository.pull_requests[pull.number] = pull
        if pull.merged_at is not None:
            rng = plan.rng or self._rng
            merged = Merger(rng, self._outline.name).merge(
                plan, head=self._heads[-1][1], merger=rng.choice(self._writers)
            )
            self._planted_count += plan.rng is not None
            self._advance(pull.merged_at, merged)
