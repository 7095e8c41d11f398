"""The matched comparison against planted effects: in the size they have, or not at all."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hand_made_warehouse import Warehouse

FIRST, ADOPTED = datetime(2026, 1, 5), datetime(2026, 3, 2)
MEASURE = "hours_open_to_merge"
AUTHORS, PULLS, SIZES = 20, 12, (5, 50, 300)
NULL_WORLDS = 40
# Of 40 intervals that hold the truth with probability 0.95, 33 or fewer do in 1 case of 500. A
# bootstrap over few authors is a little too narrow, which is not to fail either.
MINIMUM_COVERED = 34


@dataclass(frozen=True)
class World:
    """One repository with authors of its own; hours after adoption are ``factor`` of those before.

    ``noise`` spreads hours by up to that share. ``is_confounded``: after adoption there are more
    pull requests of the fast authors and more small ones, and the small ones alone are marked.
    """

    name: str
    factor: float = 1.0
    noise: float = 0.0
    is_confounded: bool = False

    def rows(self) -> Iterator[dict[str, object]]:
        rng = random.Random(self.name)
        for author in range(AUTHORS):
            usual_hours = 4.0 + 3.0 * author
            for is_after in (False, True):
                for number in range(self._count(author, is_after)):
                    size = self._size(number, is_after)
                    hours = usual_hours * (1 + size) * (self.factor if is_after else 1.0)
                    hours *= 1 + rng.uniform(-self.noise, self.noise)
                    opened = (ADOPTED if is_after else FIRST) + timedelta(days=number)
                    # The first one tells when the author adopted; of the others half lost the mark.
                    marked = number % 2 == 0 if not self.is_confounded else size == 0
                    yield self._row(
                        f"{self.name}/{author}", opened, hours, SIZES[size], is_after and marked
                    )

    def _count(self, author: int, is_after: bool) -> int:
        if not self.is_confounded:
            return PULLS
        is_fast = author < AUTHORS // 2
        return 2 * PULLS if is_fast == is_after else PULLS // 2

    def _size(self, number: int, is_after: bool) -> int:
        is_small = self.is_confounded and is_after and number % 2 == 0
        return 0 if is_small else number % len(SIZES)

    def _row(
        self, person: str, opened: datetime, hours: float, lines: int, with_claude: bool
    ) -> dict[str, object]:
        merged = opened + timedelta(hours=hours)
        return {
            "repository": self.name,
            "person_key": person,
            "created_at": opened,
            "merged_at": merged,
            "updated_at": merged,
            "claude_attribution": "with_claude" if with_claude else "without_claude",
            "lines_added": lines,
            "lines_removed": 0,
            MEASURE: hours,
            "hours_open_to_first_review": hours / 2,
            "review_count": 1 + lines // 50,
        }

    def ends(self) -> Iterator[dict[str, object]]:
        """Still open, before and after the others: history reaches beyond what is compared."""
        for moment in (FIRST - timedelta(days=1), ADOPTED + timedelta(days=90)):
            row = self._row("nobody", moment, 0, 1, False)
            yield row | {"merged_at": None, MEASURE: None, "hours_open_to_first_review": None}


FASTER = World("faster", factor=0.8)
NOISY = World("noisy", factor=0.8, noise=0.5)
SLOWER = World("slower", factor=1.5, noise=0.5)
CONFOUNDED = World("confounded", is_confounded=True)
UNCHANGED = World("unchanged")
NULLS = [World(f"null_{number}", noise=0.5) for number in range(NULL_WORLDS)]
WORLDS = [FASTER, NOISY, SLOWER, CONFOUNDED, UNCHANGED, *NULLS]


@dataclass(frozen=True)
class Answer:
    raw: float
    before: float
    matched: float
    low: float
    high: float
    authors: int

    def covers(self, truth: float) -> bool:
        return self.low <= truth <= self.high


@pytest.fixture(scope="module")
def answers(
    tmp_path_factory: pytest.TempPathFactory, target: Path
) -> dict[tuple[str, str], Answer]:
    """What the mart says, by repository and measure."""
    made = Warehouse(tmp_path_factory.mktemp("comparison"), target)
    rows = [row for world in WORLDS for row in (*world.rows(), *world.ends())]
    with duckdb.connect(str(made.path)) as connection:
        connection.execute("create schema marts")
        connection.register("rows", pa.Table.from_pylist(rows))
        connection.execute("create table marts.fct_pull_requests as from rows")
        connection.execute(
            "create table marts.dim_people as"
            " select distinct person_key, 'member' as person_kind from rows"
        )
    made.dbt("run", "--select", "contribution_comparison")
    found = made.rows(
        "select repository, measure, raw_difference, mean_before, matched_difference,"
        " interval_low, interval_high, matched_author_count from marts.contribution_comparison"
    )
    return {(repository, measure): Answer(*figures) for repository, measure, *figures in found}


def test_merging_a_fifth_faster_after_adoption_is_found_to_the_hour(
    answers: dict[tuple[str, str], Answer],
) -> None:
    said = answers[FASTER.name, MEASURE]

    assert said.authors == AUTHORS
    assert said.matched == pytest.approx(-0.2 * said.before, abs=0.001)
    assert said.covers(-0.2 * said.before)
    assert said.high < 0
    assert answers[FASTER.name, "review_count"].matched == 0, "reviews did not change"


@pytest.mark.parametrize("world", [NOISY, SLOWER], ids=lambda world: world.name)
def test_the_interval_holds_the_true_effect_in_noise_and_leaves_zero_out(
    answers: dict[tuple[str, str], Answer], world: World
) -> None:
    said = answers[world.name, MEASURE]
    usual = [4.0 + 3.0 * author for author in range(AUTHORS)]
    truth = (world.factor - 1) * 2 * sum(usual) / AUTHORS

    assert said.covers(truth)
    assert not said.covers(0)
    assert said.matched == pytest.approx(truth, rel=0.25)


def test_an_effect_of_who_and_what_is_marked_shows_in_the_raw_split_alone(
    answers: dict[tuple[str, str], Answer],
) -> None:
    said = answers[CONFOUNDED.name, MEASURE]

    assert said.raw < -0.3 * said.before
    assert said.matched == 0
    assert (said.low, said.high) == (0, 0)


def test_where_nothing_changed_nothing_is_found(answers: dict[tuple[str, str], Answer]) -> None:
    said = answers[UNCHANGED.name, MEASURE]

    assert (said.matched, said.low, said.high) == (0, 0, 0)


def test_intervals_of_noise_alone_hold_zero_about_as_often_as_they_promise(
    answers: dict[tuple[str, str], Answer],
) -> None:
    covered = [world for world in NULLS if answers[world.name, MEASURE].covers(0)]

    assert MINIMUM_COVERED <= len(covered) <= NULL_WORLDS
    # Half of them to each side: the comparison leans to neither.
    faster = [world for world in NULLS if answers[world.name, MEASURE].matched < 0]
    assert NULL_WORLDS * 0.3 <= len(faster) <= NULL_WORLDS * 0.7
