"""Each saved query is run on a published file, and says which question it answers."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from tests.end_to_end.conftest import Place

QUERIES = sorted((Path(__file__).parents[2] / "docs" / "queries").glob("*.sql"))
# What two undisturbed days have none of: four weeks and eight of history, failures, revisions,
# people who left, and a ranking that nobody asked for.
MAY_BE_EMPTY = {
    *("adoption_growth", "completeness", "failures", "leaderboard", "revisions", "who_left"),
}


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_a_query_begins_with_its_question(path: Path) -> None:
    first = path.read_text().splitlines()[0]

    assert re.fullmatch(r"-- [A-Z].*\?", first)


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_a_query_answers_from_the_published_file(path: Path, two_days: Place) -> None:
    with duckdb.connect(str(two_days.published), read_only=True) as connection:
        rows = connection.execute(path.read_text()).fetchall()

    assert rows or path.stem in MAY_BE_EMPTY


def test_no_query_reads_more_than_the_marts() -> None:
    for path in QUERIES:
        for schema in re.findall(r"(?:from|join)\s+(\w+)\.\w", path.read_text()):
            assert schema == "marts", path.stem
