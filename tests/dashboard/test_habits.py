"""Whose use stands out: what lies just beyond each threshold is named, what lies on it is not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import duckdb
import pytest

from dashboard.pages.efficiency import HABITS

FIRST = date(2026, 10, 1)
# Of a person in all days: input from the cache and other input, output, sessions, the share of the
# cost that is the dearest model's.
USUAL = {"cached": 900, "other": 100, "output": 50, "sessions": 10, "dear": 0.20}
# So many people are as usual that one more does not move what is usual.
PEOPLE = 1_000_000


@pytest.fixture
def marts() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            create table dim_people (person_key text, display_name text, person_kind text);
            create table dim_models (model text, model_family text);
            insert into dim_models values ('dear', 'opus'), ('cheap', 'haiku');
            create table model_what_if_monthly as
            select
                date '{FIRST:%Y-%m}-01' as month_start_date, model as what_if_model,
                1 as what_if_difference_usd, price as what_if_list_cost_usd, 1 as list_cost_usd
            from (values ('dear', 5), ('cheap', 1)) as prices (model, price);
            create table fct_claude_code_model_usage_daily (
                usage_date date, person_key text, team_name text, model text,
                estimated_cost_usd decimal(18, 6), input_tokens bigint, cache_read_tokens bigint,
                cache_creation_tokens bigint, output_tokens bigint, is_complete_day boolean
            );
            create table fct_claude_code_activity_daily (
                usage_date date, person_key text, team_name text, session_count bigint,
                is_complete_day boolean
            );
            set variable first_day = date '{FIRST}';
            set variable last_day = date '{FIRST + timedelta(days=30)}';
            set variable team = null::varchar;
            """
        )
        add(connection, "everyone", weight=PEOPLE)
        yield connection


def add(
    marts: duckdb.DuckDBPyConnection,
    name: str,
    *,
    days: int = 5,
    weight: int = 1,
    **unusual: float,
) -> None:
    """Add a person's use, the same on each of so many days, as usual but for what is named."""
    use = {one: value * weight for one, value in {**USUAL, **unusual}.items() if one != "dear"}
    dear = {**USUAL, **unusual}["dear"]
    marts.execute("insert into dim_people values ($1, $1, 'member')", [name])
    for day in (FIRST + timedelta(days=n) for n in range(days)):
        for model, share in (("dear", dear), ("cheap", 1 - dear)):
            # All tokens stand beside one of the models: only the cost tells the models apart.
            tokens = [use[one] if model == "cheap" else 0 for one in ("other", "cached", "output")]
            other, cached, output = tokens
            marts.execute(
                "insert into fct_claude_code_model_usage_daily"
                " values (?, ?, 'web', ?, ?, ?, ?, 0, ?, true)",
                [day, name, model, share * weight, other, cached, output],
            )
        marts.execute(
            "insert into fct_claude_code_activity_daily values (?, ?, 'web', ?, true)",
            [day, name, use["sessions"]],
        )


def found(marts: duckdb.DuckDBPyConnection) -> dict[str, str | None]:
    answer = marts.execute(HABITS.sql)
    names = [column[0] for column in answer.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
    return {row["person"]: row["stands_out"] for row in rows}


@pytest.mark.parametrize(
    ("beyond", "within", "says"),
    [
        # 86.9 and 87.1 of 100 where all have 90.
        (
            {"cached": 869, "other": 131},
            {"cached": 871, "other": 129},
            "reads 3 points less from the cache",
        ),
        ({"sessions": 6.6}, {"sessions": 6.8}, "1.5 times the input per session"),
        ({"output": 39.9}, {"output": 40.1}, "1.3 times the input per output"),
        ({"dear": 0.301}, {"dear": 0.299}, "10 points more for the dearest models"),
    ],
    ids=["cache", "session", "output", "model"],
)
def test_what_is_just_beyond_a_threshold_is_named(
    marts: duckdb.DuckDBPyConnection,
    beyond: dict[str, float],
    within: dict[str, float],
    says: str,
) -> None:
    # Whole tokens: a hundred times as much of all.
    add(marts, "beyond", weight=100, **beyond)
    add(marts, "within", weight=100, **within)

    assert found(marts) == {"everyone": None, "within": None, "beyond": says}


def test_who_was_active_on_fewer_days_is_not_named(marts: duckdb.DuckDBPyConnection) -> None:
    add(marts, "four days", days=4, cached=100, other=900)
    add(marts, "five days", days=5, cached=100, other=900)

    assert found(marts) == {
        "everyone": None,
        "four days": None,
        "five days": "reads 80 points less from the cache",
    }


def test_what_is_unusual_in_several_ways_is_named_for_each(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    add(marts, "one", cached=500, other=1500, dear=0.5)

    assert found(marts)["one"] == (
        "reads 65 points less from the cache; 2.0 times the input per session;"
        " 2.0 times the input per output; 30 points more for the dearest models"
    )
