"""Plans of pull requests: who opened them, what is on the branch, what became of them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from demo_api.git_people import IDENTITIES, former_colleague, known_actor, person_actor
from demo_api.git_store import Actor, Commit, GitActor, PullRequest
from demo_api.people import Person
from demo_api.pull_request_cases import CASES, WITH, WITHOUT, Case
from demo_api.text import instant, object_id

_VERBS = ("Add", "Fix", "Simplify", "Speed up", "Cache", "Validate", "Document", "Rework")
_THINGS = (
    "price lookups",
    "invoice totals",
    "the retry of failed exports",
    "address forms",
    "login redirects",
    "the search index",
    "stock counters",
    "time zones in reports",
)
# Sizes beyond one page of branch commits (20) and beyond one follow-up page (100).
_LARGE = {5: 24, 17: 37, 31: 52, 44: 131}


@dataclass
class Plan:
    """One pull request and when it leaves the open state; its parents are not set yet."""

    pull_request: PullRequest
    case: Case
    style: str
    finished: str
    # The stream its merge draws from; none for the repository's own.
    rng: random.Random | None = None


def plan_pull_requests(
    rng: random.Random,
    *,
    name: str,
    count: int,
    styles: tuple[str, ...],
    first: datetime,
    last: datetime,
    writers: list[Person],
) -> list[Plan]:
    """Return ``count`` plans; each case that fits the styles is there at least once."""
    fitting = [case for case in CASES if set(case.styles) & set(styles)]
    drawn = rng.choices(fitting, [case.weight for case in fitting], k=max(count - len(fitting), 0))
    cases = [*fitting[1:], *drawn, fitting[0]][:count]
    rng.shuffle(cases)
    span = int((last - first).total_seconds())
    openings = sorted(first + timedelta(seconds=rng.randrange(span)) for _ in cases)
    number = 400
    plans: list[Plan] = []
    for position, (case, opened) in enumerate(zip(cases, openings, strict=True)):
        # Issues take numbers too, so that pull request numbers have gaps.
        number += rng.choice((1, 1, 1, 2, 4))
        style = rng.choice([style for style in styles if style in case.styles])
        planner = _Planner(rng, name, number, case, style, opened, last)
        plans.append(planner.plan(rng.choice(writers), _LARGE.get(position)))
    return plans


def plan_one(
    rng: random.Random,
    *,
    name: str,
    number: int,
    case: Case,
    style: str,
    opened: datetime,
    last: datetime,
    person: Person,
    size: int,
) -> Plan:
    """Return the plan of one pull request with ``size`` commits, merged if time allows."""
    return _Planner(rng, name, number, case, style, opened, last).plan(person, size)


class _Planner:
    """Writes one pull request."""

    def __init__(
        self,
        rng: random.Random,
        repository: str,
        number: int,
        case: Case,
        style: str,
        opened: datetime,
        last: datetime,
    ) -> None:
        self._rng = rng
        self._repository = repository
        self._number = number
        self._case = case
        self._style = style
        self._opened = opened
        self._last = last

    def plan(self, person: Person, size: int | None) -> Plan:
        rng, case = self._rng, self._case
        fate = "merged" if size else rng.choices(("merged", "closed", "open"), (90, 5, 5))[0]
        hours = rng.choice((1, 4, 20, 30, 75, 150, 220))
        finished = self._opened + timedelta(hours=hours, minutes=rng.randrange(60))
        if finished > self._last:
            fate, finished = "open", self._last
        is_gone = case.name == "plain" and rng.random() < 0.03
        title = case.title or f"{rng.choice(_VERBS)} {rng.choice(_THINGS)}"
        commits = self._commits(person, title, finished, size, is_gone)
        text = f"Part of the {self._repository} work, see the board.\n\n{case.body}".rstrip()
        ended = instant(finished) if fate != "open" else None
        pull = PullRequest(
            database_id=2_100_000_000 + len(self._repository) * 1_000_000 + self._number,
            number=self._number,
            title=title,
            body="" if case.name == "plain" and rng.random() < 0.2 else text,
            created_at=instant(self._opened),
            updated_at=self._updated(finished, fate),
            author=None if is_gone else self._opener(person),
            head_ref_name=self._branch(title),
            closed_at=ended,
            merged_at=ended if fate == "merged" else None,
            additions=sum(commit.additions for commit in commits),
            deletions=sum(commit.deletions for commit in commits),
            changed_files=max(commit.changed_files or 0 for commit in commits) + 1,
            is_draft=fate == "open" and rng.random() < 0.4,
            is_cross_repository=rng.random() < 0.03,
            labels=[*case.labels, *rng.sample(("bug", "feature", "chore"), k=rng.randrange(2))],
            commits=commits,
            merge_style=self._style if fate == "merged" else None,
            claude_truth=case.truth,
            case=case.name,
        )
        return Plan(pull, case, self._style, instant(finished))

    def _opener(self, person: Person) -> Actor:
        if self._case.opened_by:
            return Actor(self._case.opened_by, "Bot")
        return Actor(person.github_login)

    def _branch(self, title: str) -> str:
        words = "-".join(title.lower().replace('"', "").split()[:4])
        prefix = self._case.branch or self._rng.choice(("", "feature/", "fix/"))
        return f"{prefix}{words}-{self._number}"

    def _updated(self, finished: datetime, fate: str) -> str:
        # The label comes a day after the merge; comments move other pull requests.
        late = (
            26 if "claude-code-assisted" in self._case.labels else self._rng.choice((0, 0, 1, 90))
        )
        moment = finished if fate != "open" else self._opened
        return instant(min(moment + timedelta(hours=late), self._last))

    def _commits(
        self, person: Person, title: str, finished: datetime, size: int | None, is_gone: bool
    ) -> list[Commit]:
        rng, case = self._rng, self._case
        is_bot = case.identity in ("dependabot", "renovate", "github_actions")
        count = (size if not is_bot else None) or rng.choices((1, 2, 3, 5, 9), (34, 26, 20, 14, 6))[
            0
        ]
        if case.first_commit_only:
            count = max(count, 2)
        elif is_bot:
            count = 1
        # Branch work starts before the pull request opens, sometimes weeks before: a merge commit
        # then brings commits to the default branch that are older than what is already there.
        begun = self._opened - timedelta(hours=rng.choice((1, 3, 26, 80, 200, 700)))
        span = int((finished - begun).total_seconds()) - 600
        moments = sorted(begun + timedelta(seconds=rng.randrange(span)) for _ in range(count))
        commits: list[Commit] = []
        for position, moment in enumerate(moments):
            actor = self._author(person, instant(moment), is_gone)
            message = title if position == 0 else f"{rng.choice(_VERBS)} {rng.choice(_THINGS)}"
            marked = self._is_marked(position, count)
            if marked and case.trailers:
                message += "\n\n" + "\n".join(case.trailers)
            if self._style == "merge" and position == 2 and count > 3 and not case.identity:
                message, marked = "Merge branch 'main' into the feature branch", False
            commits.append(self._commit(position, message, actor, marked))
        return commits

    def _is_marked(self, position: int, count: int) -> bool:
        if self._case.first_commit_only:
            return position == 0
        if self._case.identity or self._style == "rebase" or count == 1:
            return True
        # On longer branches some commits are the person's alone.
        return position == 0 or self._rng.random() < 0.6

    def _author(self, person: Person, date: str, is_gone: bool) -> GitActor:
        if is_gone:
            return former_colleague(date)
        if self._case.identity:
            return known_actor(IDENTITIES[self._case.identity], date)
        return person_actor(self._rng, person, date)

    def _commit(self, position: int, message: str, actor: GitActor, marked: bool) -> Commit:
        case = self._case
        own_mark = bool(case.identity or case.trailers) and marked
        return Commit(
            oid=object_id(self._repository, self._number, position),
            message=message,
            author=actor,
            committer=actor,
            additions=self._rng.randrange(1, 180),
            deletions=self._rng.randrange(90),
            changed_files=self._rng.randrange(1, 9),
            claude_truth=WITH if own_mark and case.truth == WITH else WITHOUT,
        )
