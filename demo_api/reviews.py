"""The files a pull request changes and who reviewed it, invented after everything else.

Each pull request has a random stream of its own, so that nothing drawn here moves anything else.
Files add up to the pull request's own counts. What is generated is known here and never served.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from demo_api.git_store import Actor, ChangedFile, PullRequest, Repository, Review
from demo_api.people import Person
from demo_api.text import instant, object_id

_STEMS = ("prices", "orders", "address", "login", "search", "stock", "export", "report", "session")
_WRITTEN = (
    "src/{}.ts",
    "src/lib/{}.ts",
    "tests/{}.test.ts",
    "docs/{}.md",
    "app/{}.py",
    "sql/{}.sql",
)
_GENERATED = (
    "package-lock.json",
    "uv.lock",
    "go.sum",
    "src/generated/{}.ts",
    "api/v1/{}.pb.go",
    "dist/{}.min.js",
    "vendor/github.com/demo/{}/{}.go",
    "tests/__snapshots__/{}.test.ts.snap",
)
_CHANGES = ("MODIFIED", "MODIFIED", "MODIFIED", "ADDED", "DELETED", "RENAMED")
_BOTS = ("copilot-pull-request-reviewer", "claude")
# One pull request of each repository has more reviews than fit a first page.
_BUSY_PLACE, _BUSY_COUNT = 8, 57


def add_files_and_reviews(repository: Repository, people: list[Person]) -> None:
    """Give each pull request of ``repository`` its files and reviews."""
    reviewers = [person for person in people if person.role not in ("billing", "user")]
    for place, pull in enumerate(repository.pull_requests.values()):
        rng = random.Random(object_id(repository.name, pull.number, "reviewed"))
        pull.files = _files(rng, pull)
        count = _BUSY_COUNT if place == _BUSY_PLACE else rng.choices(range(4), (3, 8, 4, 1))[0]
        pull.reviews = _reviews(rng, repository, pull, reviewers, count)


def _files(rng: random.Random, pull: PullRequest) -> list[ChangedFile]:
    count = pull.changed_files
    added, removed = _shares(rng, pull.additions, count), _shares(rng, pull.deletions, count)
    files: dict[str, ChangedFile] = {}
    for place in range(count):
        is_generated = place > 0 and rng.random() < 0.15
        form = rng.choice(_GENERATED if is_generated else _WRITTEN)
        path = form.format(*[rng.choice(_STEMS)] * 2)
        if path in files:
            path = f"part{place}/{path}"
        change = rng.choice(_CHANGES)
        files[path] = ChangedFile(path, added[place], removed[place], change, is_generated)
    return sorted(files.values(), key=lambda file: file.path)


def _shares(rng: random.Random, total: int, count: int) -> list[int]:
    """Return ``count`` numbers that add up to ``total``."""
    cuts = sorted(rng.randint(0, total) for _ in range(max(count - 1, 0)))
    return [high - low for low, high in zip([0, *cuts], [*cuts, total], strict=True)][:count]


def _reviews(
    rng: random.Random,
    repository: Repository,
    pull: PullRequest,
    reviewers: list[Person],
    count: int,
) -> list[Review]:
    opened = datetime.fromisoformat(pull.created_at)
    ended = datetime.fromisoformat(pull.closed_at or pull.updated_at)
    span = max(int((ended - opened).total_seconds()), 1)
    moments = sorted(opened + timedelta(seconds=rng.randrange(span)) for _ in range(count))
    own = pull.author.login if pull.author else None
    others = [person.github_login for person in reviewers if person.github_login != own]
    reviews: list[Review] = []
    for place, moment in enumerate(moments):
        is_last = place == count - 1 and pull.merged_at is not None
        state = "APPROVED" if is_last else rng.choice(("COMMENTED", "CHANGES_REQUESTED"))
        if state == "CHANGES_REQUESTED" and rng.random() < 0.1:
            state = "DISMISSED"
        author: Actor | None = Actor(rng.choice(others))
        if not is_last and rng.random() < 0.2:
            state, author = "COMMENTED", Actor(rng.choice(_BOTS), "Bot")
        elif rng.random() < 0.02:
            # The account is gone.
            author = None
        number = repository.database_id * 1_000 + pull.number * 100 + place
        reviews.append(Review(number, state, instant(moment), author))
    return reviews
