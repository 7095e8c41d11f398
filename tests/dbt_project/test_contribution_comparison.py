"""The comparison of authors before and after they began, through the models, on planted effects.

Each world is a repository with authors of its own. How often intervals err is told by the
simulation (`python -m benchmarks comparison`); here the models must make of rows what it makes of
arrays, and take as before only what is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hand_made_warehouse import Warehouse

from benchmarks.comparison import NOTHING, RULES
from benchmarks.simulated_authors import Organisation, World, cells, make
from estimates.staggered import compare, simultaneous

# A Monday on which a period of 28 days begins.
FIRST = datetime(2025, 1, 20)
READ = FIRST + timedelta(days=400)
NEVER = 10**6

FASTER = World(authors=40, effect=-0.5, hours=8.0, changes_a_week=2.0)
NOBODY_BEFORE = replace(FASTER, never=0.0)
WORLDS = {
    "acme/faster": FASTER,
    "acme/nothing": replace(NOTHING, authors=30),
    "acme/few": replace(NOTHING, authors=8),
    "acme/unadopted": replace(NOTHING, authors=12, never=1.0),
}


@dataclass
class Stage:
    """Tables that the models read, filled by hand: rows by table."""

    pull_requests: list[dict[str, Any]]
    activity: list[dict[str, Any]]
    commits: list[dict[str, Any]]
    people: set[str]
    repositories: list[str]
    read_from: datetime
    activity_from: date

    @classmethod
    def empty(cls, *, read_from: datetime = FIRST, activity_from: date | None = None) -> Stage:
        return cls([], [], [], set(), [], read_from, activity_from or read_from.date())

    def add(self, repository: str, made: Organisation) -> None:
        """Add an organisation as one repository. Beginnings show in activity and in no mark."""
        self._add_repository(repository)
        for author, began in enumerate(made.began.tolist()):
            begin = (FIRST + timedelta(days=began)).date() if began < NEVER else None
            if begin is not None and begin >= self.activity_from:
                self.begin(f"{repository}/{author}", begin)
            elif begin is not None:
                self.begin(f"{repository}/{author}", self.activity_from)
        for author, day, hours in zip(
            made.author.tolist(), made.day.tolist(), made.hours.tolist(), strict=True
        ):
            opened = FIRST + timedelta(days=day)
            if opened >= self.read_from:
                self.open(repository, f"{repository}/{author}", opened, hours)

    def begin(self, person: str, day: date) -> None:
        self.people.add(person)
        self.activity.append({"person_key": person, "usage_date": day})

    def open(
        self,
        repository: str,
        person: str,
        opened: datetime,
        hours: float | None,
        **facts: Any,
    ) -> None:
        self._add_repository(repository)
        self.people.add(person)
        merged = None if hours is None else opened + timedelta(hours=hours)
        row = {
            "repository_id": self.repositories.index(repository) + 1,
            "repository": repository,
            "pull_request_number": len(self.pull_requests) + 1,
            "person_key": person,
            "created_at": opened,
            "merged_at": merged,
            "closed_at": merged,
            "hours_open_to_merge": hours,
            "hours_open_to_first_review": None if hours is None else hours / 2,
            "review_count": 1,
            "claude_attribution": "without_claude",
            "attribution_reason": "inactive_author",
        }
        self.pull_requests.append(row | facts)

    def _add_repository(self, repository: str) -> None:
        if repository not in self.repositories:
            self.repositories.append(repository)

    def answers(self, folder: Path, target: Path) -> dict[tuple[str, str], dict[str, Any]]:
        """Run the models; return the mart's rows by repository and measure."""
        folder.mkdir(parents=True, exist_ok=True)
        made = Warehouse(folder, target)
        with duckdb.connect(str(made.path)) as connection:
            for name, (columns, rows) in self._tables().items():
                connection.execute(f"create schema if not exists {name.partition('.')[0]}")
                connection.execute(f"create table {name} ({columns})")
                if rows:
                    connection.register("rows", pa.Table.from_pylist(rows))
                    connection.execute(f"insert into {name} by name from rows")
                    connection.unregister("rows")
        helpers = ("path:models/marts/contributions/helpers", "int_branch_commits_with_claude")
        made.dbt("run", "--select", *helpers, "contribution_comparison")
        with duckdb.connect(str(made.path)) as connection:
            found = connection.execute("from marts.contribution_comparison").to_arrow_table()
        return {(row["repository"], row["measure"]): row for row in found.to_pylist()}

    def _tables(self) -> dict[str, tuple[str, list[dict[str, Any]]]]:
        usage = "person_key varchar, usage_date date"
        return {
            "marts.fct_pull_requests": (
                "repository_id bigint, repository varchar, pull_request_number bigint,"
                " person_key varchar, created_at timestamp, merged_at timestamp,"
                " closed_at timestamp, hours_open_to_merge double,"
                " hours_open_to_first_review double, review_count bigint,"
                " claude_attribution varchar, attribution_reason varchar",
                self.pull_requests,
            ),
            "marts.fct_commits": (
                "person_key varchar, authored_at timestamp, claude_attribution varchar,"
                " is_merge boolean",
                self.commits,
            ),
            "intermediate.int_people_known": (
                "person_key varchar, is_human boolean",
                [{"person_key": one, "is_human": True} for one in sorted(self.people)],
            ),
            "marts.fct_claude_code_activity_daily": (usage, self.activity),
            "marts.fct_claude_code_model_usage_daily": (usage, []),
            "marts.fct_message_usage_daily": (f"{usage}, product varchar", []),
            "marts.fct_attribution_evidence": (
                "repository_id bigint, subject_type varchar, subject_id varchar,"
                " evidence_subject_id varchar, agent varchar, is_conclusive boolean",
                [],
            ),
            "staging.stg_github__pull_request_commits": (
                "repository_id bigint, pull_request_number bigint, commit_sha varchar,"
                " authored_at timestamp",
                [],
            ),
            "marts.data_completeness": (
                "source_system varchar, endpoint varchar, window_key varchar,"
                " window_started_at timestamp, last_fetched_at timestamp",
                [
                    {
                        "source_system": "github",
                        "endpoint": "pull_requests",
                        "window_key": str(number),
                        "window_started_at": self.read_from,
                        "last_fetched_at": READ,
                    }
                    for number in range(1, len(self.repositories) + 1)
                ],
            ),
            "intermediate.int_activity_days_complete": (
                "organization_id varchar, usage_date date, is_complete_day boolean,"
                " complete_day_count_56d bigint",
                list(self._activity_days()),
            ),
        }

    def _activity_days(self) -> Iterator[dict[str, Any]]:
        for number in range((READ.date() - self.activity_from).days):
            yield {
                "organization_id": "all",
                "usage_date": self.activity_from + timedelta(days=number),
                "is_complete_day": True,
                "complete_day_count_56d": min(number + 1, 56),
            }


@pytest.fixture(scope="module")
def worlds() -> dict[str, Organisation]:
    return {
        name: make(world, np.random.default_rng(number))
        for number, (name, world) in enumerate(WORLDS.items(), start=5)
    }


@pytest.fixture(scope="module")
def answers(
    tmp_path_factory: pytest.TempPathFactory, target: Path, worlds: dict[str, Organisation]
) -> dict[tuple[str, str], dict[str, Any]]:
    stage = Stage.empty()
    for name, made in worlds.items():
        stage.add(name, made)
    return stage.answers(tmp_path_factory.mktemp("comparison") / "all", target)


HOURS = "hours_open_to_merge"


def test_the_models_make_of_rows_what_the_simulation_makes_of_arrays(
    answers: dict[tuple[str, str], dict[str, Any]], worlds: dict[str, Organisation]
) -> None:
    said, made = answers["acme/faster", HOURS], worlds["acme/faster"]
    expected = compare(cells(made, made.hours), RULES)
    assert expected.effect is not None
    low, high = expected.effect.interval(simultaneous(0.95, said["interval_row_count"]))

    assert said["matched_author_count"] == expected.people
    assert said["comparison_author_count"] == expected.controls
    assert (said["change_count_before"], said["change_count_after"]) == (
        expected.changes_before,
        expected.changes_after,
    )
    assert said["matched_difference_ratio"] == pytest.approx(
        np.expm1(expected.effect.effect), abs=1e-5
    )
    assert said["interval_low_ratio"] == pytest.approx(np.expm1(low), abs=1e-5)
    assert said["interval_high_ratio"] == pytest.approx(np.expm1(high), abs=1e-5)
    assert said["mean_expected"] == pytest.approx(np.exp(expected.effect.expected), abs=1e-5)


def test_half_the_hours_are_found_and_no_effect_is_none(
    answers: dict[tuple[str, str], dict[str, Any]],
) -> None:
    faster, nothing = answers["acme/faster", HOURS], answers["acme/nothing", HOURS]

    assert faster["direction"] == "lower"
    assert faster["interval_low_ratio"] < -0.5 < faster["interval_high_ratio"] < 0
    assert faster["matched_difference"] < faster["interval_high"] < 0
    assert nothing["direction"] == "undetermined"
    assert nothing["interval_low"] < 0 < nothing["interval_high"]
    assert 0 < nothing["smallest_detectable_ratio"] < 1
    # Two repositories are shown: each interval is wider, so that both hold together.
    assert faster["interval_row_count"] == nothing["interval_row_count"] == 2
    assert faster["interval_confidence"] == pytest.approx(0.95**0.5)
    assert answers["all", HOURS]["interval_confidence"] == 0.95


@pytest.mark.parametrize(
    ("repository", "reason"),
    [("acme/few", "too_few_authors"), ("acme/unadopted", "nobody_adopted")],
)
def test_what_rests_on_too_little_is_not_shown_and_says_why(
    answers: dict[tuple[str, str], dict[str, Any]], repository: str, reason: str
) -> None:
    said = answers[repository, HOURS]

    assert said["not_shown_reason"] == reason
    for column in ("matched_difference", "interval_low", "direction", "mean_before"):
        assert said[column] is None


def test_loading_from_later_on_turns_no_direction_that_is_shown(
    tmp_path: Path,
    target: Path,
    worlds: dict[str, Organisation],
    answers: dict[tuple[str, str], dict[str, Any]],
) -> None:
    for weeks in (2, 4, 6):
        start = FIRST + timedelta(weeks=weeks)
        stage = Stage.empty(read_from=start)
        stage.add("acme/faster", worlds["acme/faster"])
        stage.add("acme/nothing", worlds["acme/nothing"])
        later = stage.answers(tmp_path / str(weeks), target)

        assert later["acme/faster", HOURS]["direction"] == "lower"
        for key, before in answers.items():
            turned = {before["direction"], later.get(key, before)["direction"]}
            assert turned != {"lower", "higher"}


def test_before_is_neither_other_agents_nor_unknown_nor_chosen_by_the_outcome(
    tmp_path: Path, target: Path
) -> None:
    """One author, each pull request for one rule; counts tell which are taken."""
    stage, began = Stage.empty(), FIRST + timedelta(days=100)
    ada = "ada"
    stage.begin(ada, began.date())
    opened = {
        "before": began - timedelta(days=56),
        "earlier": began - timedelta(days=57),
        "after": began,
        "later": began + timedelta(days=84),
        "not_followed_up": READ - timedelta(days=13),
    }
    for day in opened.values():
        stage.open("acme/api", ada, day, 10.0)
    stage.open("acme/api", ada, began - timedelta(days=5), 1.0, attribution_reason="other_agent")
    # Never merged, and merged late: both count the whole follow-up.
    stage.open("acme/api", ada, began - timedelta(days=6), None)
    stage.open("acme/api", ada, began - timedelta(days=7), 1_000.0)
    # Bob began where activity was known for 55 days only.
    stage.begin("bob", (FIRST + timedelta(days=55)).date())
    stage.open("acme/api", "bob", FIRST + timedelta(days=60), 10.0)
    # Cy shows in a mark alone, of a commit.
    stage.commits.append(
        {
            "person_key": "cy",
            "authored_at": began,
            "claude_attribution": "with_claude",
            "is_merge": False,
        }
    )
    stage.open("acme/api", "cy", began + timedelta(days=1), 10.0)
    stage.answers(tmp_path, target)

    with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as connection:
        rows = connection.execute(
            "select person_key, comparison_role, count(*), max(log_hours_open_to_merge)"
            " from intermediate.int_compared_changes group by all"
        ).fetchall()
    found = {(person, role): (count, longest) for person, role, count, longest in rows}

    assert found[ada, "before"] == (3, pytest.approx(np.log(14 * 24)))
    assert {role for person, role in found if person == ada} == {*opened, "other_agent"}
    assert found["bob", "not_known"][0] == 1
    assert found["cy", "after"][0] == 1


def test_a_median_knows_of_those_that_still_wait(tmp_path: Path, target: Path) -> None:
    stage = Stage.empty()
    for day, hours in enumerate((1.0, 2.0, 3.0, None, None, None, None), start=100):
        stage.open("acme/api", "ada", FIRST + timedelta(days=day), hours)
    stage.open(
        "acme/api", "ada", FIRST + timedelta(days=120), 5.0, claude_attribution="with_claude"
    )
    answers = stage.answers(tmp_path, target)
    said, share = answers["acme/api", HOURS], answers["acme/api", "merged_in_time_ratio"]

    # Fewer than half are merged: the median of those merged, 2 hours, would say otherwise.
    assert said["mean_without_evidence"] == 2.0
    assert said["median_hours_without_evidence"] is None
    assert said["median_hours_with_claude"] == 5.0
    assert share["mean_without_evidence"] == pytest.approx(3 / 7)
    assert share["mean_with_claude"] == 1.0
