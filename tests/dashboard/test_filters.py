"""From an address to values and back: nothing is ignored in silence."""

from __future__ import annotations

from datetime import date
from urllib.parse import parse_qsl

import pytest

from dashboard import filters, format
from dashboard.filters import Choices

KNOWN = Choices(
    date(2026, 8, 3),
    date(2026, 10, 31),
    {
        "team": {"Platform": "Platform", "it's & <b>": "it's & <b>"},
        "repository": {},
        "model": {},
        "workspace": {"default": "Default"},
        "person": {},
    },
)


def test_without_an_address_it_is_the_last_28_days_of_all() -> None:
    asked = filters.read({}, KNOWN)

    assert (asked.first, asked.last, asked.day_count) == (date(2026, 10, 4), KNOWN.last, 28)
    assert set(asked.chosen.values()) == {filters.ALL}
    assert asked.notes == ()
    assert asked.variables()["team"] is None


@pytest.mark.parametrize("team", ["all", "Platform", "it's & <b>"])
def test_an_address_says_every_value_and_is_read_back(team: str) -> None:
    asked = filters.read({"from": "2026-09-01", "to": "2026-09-30", "team": team}, KNOWN)

    address = dict(parse_qsl(asked.address()))
    assert address.keys() == {"from", "to", *filters.CHOSEN}
    assert filters.read(address, KNOWN) == asked


@pytest.mark.parametrize(
    ("query", "first", "last", "said"),
    [
        ({"from": "2020-01-01", "to": "2026-08-10"}, "2026-08-03", "2026-08-10", "There are days"),
        ({"from": "2026-10-30", "to": "2031-01-01"}, "2026-10-30", "2026-10-31", "There are days"),
        ({"from": "2027-01-01", "to": "2027-02-01"}, "2026-10-31", "2026-10-31", "There are days"),
        ({"from": "2026-09-30", "to": "2026-09-01"}, "2026-09-01", "2026-09-30", "turned round"),
        ({"from": "yesterday", "to": "2026-09-01"}, "2026-08-03", "2026-09-01", "is written like"),
    ],
)
def test_what_is_not_there_is_put_right_and_said(
    query: dict[str, str], first: str, last: str, said: str
) -> None:
    asked = filters.read(query, KNOWN)

    assert (str(asked.first), str(asked.last)) == (first, last)
    assert any(said in note for note in asked.notes)


def test_a_choice_that_is_not_there_is_none_and_said() -> None:
    asked = filters.read({"team": "'; drop table"}, KNOWN)

    assert asked.chosen["team"] == filters.ALL
    assert asked.notes == ("There is no team of that name here: shown is all.",)


def _of_many(**people: str) -> Choices:
    others = {f"key{n}": f"Somebody {n}" for n in range(filters.MOST_LISTED)}
    return Choices(KNOWN.first, KNOWN.last, {**KNOWN.values, "person": others | people})


@pytest.mark.parametrize(
    ("typed", "key"),
    [("Ann Lee", "a"), ("ann lee", "a"), (" lee ", "a"), ("a", "a"), ("c", "c"), ("", "all")],
)
def test_one_of_many_people_is_found_by_name(typed: str, key: str) -> None:
    of = _of_many(a="Ann Lee", b="Ann Roe", c="Bo", d="Bo")

    assert not of.is_listed("person")
    asked = filters.read({"person": typed}, of)
    assert (asked.chosen["person"], asked.notes) == (key, ())


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("ann", "More than one person has that name: Ann Lee, Ann Roe. Shown is all."),
        # Told apart by their keys.
        ("Bo", "More than one person has that name: c, d. Shown is all."),
        ("nobody", "There is no person of that name here: shown is all."),
        ("somebody", " and others. Shown is all."),
    ],
)
def test_a_name_of_several_people_is_nobodys(typed: str, said: str) -> None:
    asked = filters.read({"person": typed}, _of_many(a="Ann Lee", b="Ann Roe", c="Bo", d="Bo"))

    assert asked.chosen["person"] == filters.ALL
    assert asked.notes[0].endswith(said)


def test_what_is_typed_leads_back_to_who_was_chosen() -> None:
    of = _of_many(a="Ann Lee", c="Bo", d="Bo")

    assert [of.typed("person", key) for key in ("a", "c", "all")] == ["Ann Lee", "c", ""]


def test_the_span_before_is_as_long_and_ends_where_this_one_begins() -> None:
    before = filters.read({"from": "2026-09-10", "to": "2026-09-12"}, KNOWN).before()

    assert (before.first, before.last) == (date(2026, 9, 7), date(2026, 9, 9))


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "usd", "–"),
        (0, "usd", "$0.00"),
        (-1234.5, "usd", "-$1,234.50"),
        (0.1234, "ratio", "12.3 %"),
        (1_500_000, "tokens", "1.5 M"),
        (3, "count", "3"),
        (2.5, "count", "2.5"),
        (date(2026, 8, 1), "month", "2026-08"),
        (True, "text", "yes"),
    ],
)
def test_values_are_shown_in_their_unit(value: object, unit: str, text: str) -> None:
    assert format.shown(value, unit) == text  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (110, 100, "+10.0 %"),
        (1, 0, "none before"),
        (0, 0, "as before"),
        (None, 5, None),
        (5, None, None),
        (-5, -10, "+50.0 %"),
    ],
)
def test_a_change_is_told_in_words(now: object, before: object, words: str | None) -> None:
    assert format.change(now, before) == words


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_a_cell_is_no_formula(text: str) -> None:
    assert format.cell(text) == f"'{text}"
    assert format.cell(-5) == "-5"
