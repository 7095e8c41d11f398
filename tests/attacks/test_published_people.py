"""The published file at level team against somebody who adds up and subtracts.

The marts are hand-made: each figure tells by its digits whose it is (`encoded_marts`). A new mart
is a row of `MARTS` there, and is attacked with all others. `subtraction` says what is tried.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import duckdb
import pytest

from publishing import Privacy, publish
from tests.attacks import encoded_marts
from tests.attacks.encoded_marts import BASE, MINIMUM, PEOPLE
from tests.attacks.subtraction import attacks, sums


def people_in(value: int) -> set[int] | None:
    """Return whose figures ``value`` is a sum of; None where it is no sum of anybody's."""
    people, (rest, nobody) = set(), divmod(abs(value), BASE)
    for person in range(PEOPLE):
        rest, digits = divmod(rest, BASE)
        # A difference of unlike things borrows from the next digits.
        if digits > BASE // 2:
            return None
        if digits:
            people.add(person)
    return people if rest == nobody == 0 else None


def told_by(path: Path, tables: Collection[str] = ()) -> list[str]:
    """Return how figures of fewer than the minimum come out of the file at ``path``."""
    with duckdb.connect(str(path), read_only=True) as connection:
        found = [one for one in sums(connection, tables) if abs(one.value) >= BASE]
    assert found
    return [how for value, _, how in attacks(found) if 0 < len(people_in(value) or ()) < MINIMUM]


@pytest.mark.parametrize("figure", encoded_marts.FIGURES)
def test_no_sum_and_no_difference_is_of_fewer_than_the_minimum(figure: str, tmp_path: Path) -> None:
    encoded_marts.write(tmp_path / "warehouse.duckdb", figure)
    path = tmp_path / "claude_usage.duckdb"
    publish(tmp_path / "warehouse.duckdb", path, Privacy("team", min_people=MINIMUM))

    told = told_by(path)

    assert not told, (len(told), told[:20])


def test_the_attack_finds_what_is_told(tmp_path: Path) -> None:
    encoded_marts.write(tmp_path / "warehouse.duckdb", "cost")

    told = told_by(
        tmp_path / "warehouse.duckdb", {"cost_reconciliation_daily", "budget_status_daily"}
    )

    assert any(" less " not in how for how in told)
    assert any(" less " in how for how in told)
