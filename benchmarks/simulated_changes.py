"""Invented organisations that write with Claude and without, and what is shown of it.

Not the demo organisation: hundreds of plain ones, each kind with one thing that hides the truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa

PEOPLE, DAYS = 40, 92
FIRST = datetime(2026, 8, 1)
_PULL_REQUESTS, _MORE_COMMITS = 20, 1.5
_USERS, _WRITTEN_OF_COMMITS, _OPENED_BY_CLAUDE = 0.8, 0.8, 0.7

Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Hidden:
    """What hides the truth, as shares: of people (first two) or of pull requests and commits."""

    # Of people: their work carries no mark; no report counts their use.
    unmarked: float = 0.3
    uncounted: float = 0.0
    # Of pull requests: squashed before they are pushed, half of them without the mark; in a
    # repository that nobody reads. Of commits: counted once more, as an amended one is.
    squashed: float = 0.0
    unread: float = 0.0
    amended: float = 0.0


KINDS = {
    "marks off for a third": Hidden(),
    "… and a fifth squashed before the push": Hidden(squashed=0.2),
    "… and a tenth in repositories not read": Hidden(unread=0.1),
    "… and a quarter in repositories not read": Hidden(unread=0.25),
    "… and a tenth of commits amended": Hidden(amended=0.1),
    "… and a tenth of people in no report": Hidden(uncounted=0.1),
    "a little of each": Hidden(uncounted=0.03, squashed=0.1, unread=0.1, amended=0.05),
    "marks off for everybody": Hidden(unmarked=1.0),
}


@dataclass(frozen=True)
class Changes:
    """One organisation: the tables that the estimate reads, and whether each change was written.

    ``written`` is by the position of the pull request, 1 for the first.
    """

    tables: dict[str, pa.Table]
    written: Flags
    marked: Flags


def make(hidden: Hidden, rng: np.random.Generator) -> Changes:
    """Return one organisation over ``DAYS`` days."""
    person = np.repeat(np.arange(PEOPLE), rng.poisson(_PULL_REQUESTS, PEOPLE))
    rates = rng.beta(2, 2, PEOPLE) * (rng.random(PEOPLE) < _USERS)
    written = rng.random(len(person)) < rates[person]
    opened = rng.uniform(3, DAYS, len(person)) * 86_400
    size = 1 + rng.poisson(_MORE_COMMITS, len(person))
    pull = np.repeat(np.arange(len(person)), size)
    first = np.concatenate(([True], pull[1:] != pull[:-1]))
    by_claude = written[pull] & (first | (rng.random(len(pull)) < _WRITTEN_OF_COMMITS))
    at = (opened[pull] - rng.uniform(0, 2 * 86_400, len(pull))).astype(np.int64)
    is_marking = rng.random(PEOPLE) >= hidden.unmarked
    is_counted = rng.random(PEOPLE) >= hidden.uncounted
    marked = by_claude & is_marking[person][pull]

    squashed = rng.random(len(person)) < hidden.squashed
    loses_mark = squashed & (rng.random(len(person)) < 0.5)
    any_marked = _any(marked, pull, len(person))
    shown = ~squashed[pull] | first
    shown_mark = np.where(squashed[pull], any_marked[pull], marked) & ~loses_mark[pull]
    is_read = rng.random(len(person)) >= hidden.unread
    shown &= is_read[pull]
    counts = (by_claude & is_counted[person][pull]) * (1 + (rng.random(len(pull)) < hidden.amended))
    opened_by_claude = written & is_counted[person] & (rng.random(len(person)) < _OPENED_BY_CLAUDE)
    has_mark = _any(shown & shown_mark, pull, len(person))
    return Changes(
        tables={
            "stg_github__pull_requests": _pull_requests(opened, is_read),
            "int_pull_requests_matched_to_people": _numbered(is_read, person_key=person),
            "int_pull_requests_attribution_read": _numbered(
                is_read, attribution_reason=np.where(has_mark, "evidence", "active_author")
            ),
            "int_written_commits": _commits(shown, person[pull], at, shown_mark),
            "int_attribution_pull_request_commits": _listed(shown, pull),
            "fct_claude_code_activity_daily": _reports(
                person[pull], at, counts, person, opened, opened_by_claude
            ),
            "int_report_days_chosen": _report_days(),
            "int_people_known": pa.table(
                {
                    "person_key": [str(one) for one in range(PEOPLE)],
                    "is_known_to_claude": [True] * PEOPLE,
                }
            ),
        },
        written=written[is_read],
        marked=has_mark[is_read],
    )


def _any(flags: Flags, pull: Numbers, count: int) -> Flags:
    return np.bincount(pull, weights=flags, minlength=count) > 0


def _moments(seconds: npt.NDArray[np.float64] | Numbers) -> pa.Array:
    start = np.datetime64(FIRST, "s")
    return pa.array(start + seconds.astype("timedelta64[s]"), pa.timestamp("s"))


def _dates(seconds: npt.NDArray[np.float64] | Numbers) -> pa.Array:
    return _moments(seconds).cast(pa.date32(), safe=False)


def _numbered(is_read: Flags, **columns: npt.NDArray[np.generic]) -> pa.Table:
    numbers = np.flatnonzero(is_read)
    return pa.table(
        {
            "repository_id": np.ones(len(numbers), dtype=np.int64),
            "pull_request_number": numbers,
            **{name: values[is_read].astype(str) for name, values in columns.items()},
        }
    )


def _pull_requests(opened: npt.NDArray[np.float64], is_read: Flags) -> pa.Table:
    made = _numbered(is_read)
    for name in ("created_at", "merged_at"):
        made = made.append_column(name, _moments(opened[is_read]))
    return made


def _commits(shown: Flags, person: Numbers, at: Numbers, marked: Flags) -> pa.Table:
    count = int(shown.sum())
    return pa.table(
        {
            "repository_id": np.ones(count, dtype=np.int64),
            "commit_sha": np.flatnonzero(shown).astype(str),
            "person_key": person[shown].astype(str),
            "authored_at": _moments(at[shown]),
            "authored_date": _dates(at[shown]),
            "is_marked": marked[shown],
            "is_of_other_agent": np.zeros(count, dtype=bool),
        }
    )


def _listed(shown: Flags, pull: Numbers) -> pa.Table:
    return pa.table(
        {
            "repository_id": np.ones(int(shown.sum()), dtype=np.int64),
            "pull_request_number": pull[shown],
            "commit_sha": np.flatnonzero(shown).astype(str),
        }
    )


def _reports(
    committer: Numbers,
    at: Numbers,
    counts: Numbers,
    opener: Numbers,
    opened: npt.NDArray[np.float64],
    opened_by_claude: Flags,
) -> pa.Table:
    commits = pa.table(
        {
            "person_key": committer.astype(str),
            "usage_date": _dates(at),
            "commit_count": counts,
            "pull_request_count": np.zeros(len(at), dtype=np.int64),
        }
    )
    pulls = pa.table(
        {
            "person_key": opener.astype(str),
            "usage_date": _dates(opened),
            "commit_count": np.zeros(len(opened), dtype=np.int64),
            "pull_request_count": opened_by_claude.astype(np.int64),
        }
    )
    both = pa.concat_tables([commits, pulls])
    return both.append_column("is_complete_day", pa.array([True] * len(both)))


def _report_days() -> pa.Table:
    days = np.arange(-3, DAYS + 1) * 86_400
    return pa.table(
        {
            "report_family": ["activity"] * len(days),
            "usage_date": _dates(days),
            "is_complete_day": [True] * len(days),
        }
    )
