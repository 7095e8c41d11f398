"""What was really written with Claude Code, marked or not, and what its reports count of it.

A mark can be missing: some people switched attribution off, some squash a branch before they push
it. And a count can lead nowhere: to a repository that is not read, or a commit that was thrown
away. Both are planted here, from a stream of its own, so that nothing else moves.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from demo_api.activity import ClaudeCodeRecord
from demo_api.enterprise import EnterpriseActivity
from demo_api.git_store import Commit, GitActor, PullRequest, Repository
from demo_api.people import Person
from demo_api.pull_request_cases import WITH
from demo_api.text import object_id

if TYPE_CHECKING:
    from demo_api.organisation import Organisation

PersonDay = tuple[str, str]
Sheet = ClaudeCodeRecord | EnterpriseActivity

# The kinds of pull request that show no agent, so that one may be hidden in them.
_SILENT_CASES = ("plain", "claude_branch_only", "attribution_switched_off")
# Every so many of those who use Claude Code leave no marks; others work where nobody reads.
_UNMARKED_EVERY, _UNREAD_EVERY = 2, 9
_HIDDEN_SHARE = 0.8
_SQUASHED_BEFORE_PUSH = 0.05
_THROWN_AWAY = 0.04
_OPENED_BY_CLAUDE = 0.7


@dataclass
class _Day:
    """One person's day with Claude Code: the reports' sheets and what they are to count.

    The Console's count where there are any, else the Enterprise organisation's, so that nothing is
    counted twice. Who leaves no mark is seen by the Console: the other need not be read.
    """

    console: list[Sheet] = field(default_factory=list)
    enterprise: list[Sheet] = field(default_factory=list)
    commits: int = 0
    pull_requests: int = 0


def plant_written(organisation: Organisation, rng: random.Random) -> None:
    """Decide what was written with Claude Code, and count it in both organisations' reports."""
    users = [person.email for person in organisation.people if person.intensity > 0]
    days = _days(organisation)
    writer = _Writer(rng, organisation.people, frozenset(users[1::_UNMARKED_EVERY]), days)
    for repository in organisation.github.repositories:
        writer.write(repository)
    elsewhere = frozenset(users[5::_UNREAD_EVERY])
    for (email, _), day in days.items():
        day.commits += rng.random() < _THROWN_AWAY
        if email in elsewhere:
            day.commits += rng.choice((0, 0, 1, 2))
        _enter(rng, day)


def _days(organisation: Organisation) -> dict[PersonDay, _Day]:
    days: defaultdict[PersonDay, _Day] = defaultdict(_Day)
    seats = {seat.user_id: seat.email for seat in organisation.enterprise.seats}
    for day in organisation.days:
        for record in organisation.records[day]:
            if record.person_email is not None:
                days[record.person_email, day].console.append(record)
        for done in organisation.enterprise.activity[day]:
            email = seats[done.user_id]
            if email is not None and done.sessions:
                days[email, day].enterprise.append(done)
    return dict(days)


def _enter(rng: random.Random, day: _Day) -> None:
    """Write a day's counts into its sheets, each commit and pull request into one of them."""
    for sheet in (*day.console, *day.enterprise):
        sheet.commits = sheet.pull_requests = 0
    for _ in range(day.commits):
        rng.choice(day.console or day.enterprise).commits += 1
    for _ in range(day.pull_requests):
        rng.choice(day.console or day.enterprise).pull_requests += 1


class _Writer:
    """Goes through repositories and says of each commit whether Claude Code wrote it."""

    def __init__(
        self,
        rng: random.Random,
        people: list[Person],
        unmarked: frozenset[str],
        days: Mapping[PersonDay, _Day],
    ) -> None:
        self._rng = rng
        self._unmarked = unmarked
        self._days = days
        self._addresses = {
            name.lower(): person.email
            for person in people
            for name in (person.github_login, person.email, person.private_email)
        }

    def write(self, repository: Repository) -> None:
        """Decide on a repository's pull requests and on what was pushed without one."""
        merged: set[str | None] = set()
        for pull in repository.pull_requests.values():
            copies = _copies(repository, pull)
            merged |= {pull.merge_commit_oid, *copies, *(commit.oid for commit in pull.commits)}
            self._pull_request(pull)
            for oid, commit in copies.items():
                repository.commits[oid].is_written_with_claude = commit.is_written_with_claude
            if pull.merge_style == "squash" and pull.merge_commit_oid:
                squash = repository.commits[pull.merge_commit_oid]
                squash.is_written_with_claude = pull.is_written_with_claude
        for commit in repository.history(repository.head or ""):
            if commit.oid not in merged and len(commit.parents) < 2:
                self._commit(commit, may_hide=self._rng.random() < _HIDDEN_SHARE)

    def _pull_request(self, pull: PullRequest) -> None:
        rng, is_silent = self._rng, pull.case in _SILENT_CASES
        may_hide = is_silent and rng.random() < _HIDDEN_SHARE
        for commit in _own(pull):
            self._commit(commit, may_hide=may_hide)
        if is_silent and len(pull.commits) == 1 and rng.random() < _SQUASHED_BEFORE_PUSH:
            self._squashed_before_push(pull.commits[0])
        pull.is_written_with_claude = pull.claude_truth == WITH or any(
            commit.is_written_with_claude for commit in pull.commits
        )
        opener = self._addresses.get(pull.author.login.lower()) if pull.author else None
        day = self._days.get((opener or "", pull.created_at[:10]))
        if day and pull.is_written_with_claude and rng.random() < _OPENED_BY_CLAUDE:
            day.pull_requests += 1

    def _commit(self, commit: Commit, *, may_hide: bool) -> None:
        day = self._day_of(commit.author)
        if commit.claude_truth == WITH:
            commit.is_written_with_claude = True
        elif may_hide and day and day.console and self._who(commit.author) in self._unmarked:
            commit.is_written_with_claude = self._rng.random() < 0.8
        if day and commit.is_written_with_claude:
            day.commits += 1

    def _squashed_before_push(self, commit: Commit) -> None:
        day = self._day_of(commit.author)
        if day and day.console and not commit.is_written_with_claude:
            commit.is_written_with_claude = True
            day.commits += self._rng.randrange(1, 4)

    def _day_of(self, actor: GitActor) -> _Day | None:
        return self._days.get((self._who(actor), actor.date[:10]))

    def _who(self, actor: GitActor) -> str:
        login = actor.user.login.lower() if actor.user else ""
        return self._addresses.get(login) or self._addresses.get((actor.email or "").lower(), "")


def _own(pull: PullRequest) -> Iterator[Commit]:
    """Yield the branch's commits without those that bring the default branch in."""
    return (commit for commit in pull.commits if len(commit.parents) < 2)


def _copies(repository: Repository, pull: PullRequest) -> dict[str, Commit]:
    """Return what a rebase left of a branch on the default branch, by the copies' oids."""
    return {
        oid: commit
        for place, commit in enumerate(pull.commits)
        if (oid := object_id(repository.name, pull.number, "rebased", place)) in repository.commits
    }
