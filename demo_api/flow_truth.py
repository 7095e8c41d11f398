"""How long a merged pull request waited: seconds to its merge and to its first review."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from demo_api.git_store import PullRequest


class PullRequestFlow(NamedTuple):
    """Seconds since it was opened; ``first_review`` is null where no person reviewed it."""

    merge: int
    first_review: int | None


def flow_of(pull: PullRequest) -> PullRequestFlow:
    """Return the waits of a merged pull request; reviews of bots and of its author do not count.

    A reviewer whose account is gone counts: nothing says that it was a bot's or the author's.
    """
    assert pull.merged_at is not None
    author = pull.author.login if pull.author else None
    reviewed = [
        review.submitted_at
        for review in pull.reviews
        if review.submitted_at is not None
        and (review.author is None or review.author.typename != "Bot")
        and (review.author is None or review.author.login != author)
    ]
    first = _seconds(pull.created_at, min(reviewed)) if reviewed else None
    return PullRequestFlow(_seconds(pull.created_at, pull.merged_at), first)


def _seconds(start: str, end: str) -> int:
    return int((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds())
