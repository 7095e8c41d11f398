"""The published file of the demo organisation says nothing of anybody below level named."""

from __future__ import annotations

from itertools import combinations_with_replacement
from pathlib import Path

import duckdb
import pytest

from demo_api import DemoServer
from publishing import Privacy, publish
from publishing.privacy import Level
from tests.attacks.subtraction import attacks, sums, unit
from tests.end_to_end.conftest import Place

KEY = "a key of the test alone"
MINIMUM = 4
# What is equal to something else by chance: counts and whole cents below, millionths of dollars.
FEW_TOKENS, WHOLE_CENTS, FEW_DOLLARS = 5_000, 50_000_000, 100_000


def _known(server: DemoServer) -> set[str]:
    """Return what leads to a person: addresses, logins, names, names of keys and ids."""
    organisation = server.organisation
    found = {key.name for key in organisation.api_keys if key.name != "prototype"}
    found |= {key.api_key_id for key in organisation.api_keys}
    for person in organisation.people:
        found |= {person.name, person.email, person.private_email, person.github_login}
        found |= {person.local_part, person.user_id}
    return {value.lower() for value in found}


def _leaks(path: Path, known: set[str]) -> list[str]:
    leaks = []
    with duckdb.connect(str(path), read_only=True) as connection:
        columns = connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns()"
            " where schema_name in ('marts', 'quality')"
            " and (data_type like '%VARCHAR%' or data_type like '%JSON%')"
        ).fetchall()
        for schema, table, column in columns:
            values = connection.execute(
                f'select distinct lower(cast("{column}" as varchar)) from {schema}."{table}"'
                f' where "{column}" is not null'
            ).fetchall()
            if any(word in text for (text,) in values for word in known):
                leaks.append(f"{table}.{column}")
            # Addresses of anybody, known or not.
            if any("@" in text for (text,) in values):
                leaks.append(f"{table}.{column} has an address")
    return leaks


def test_the_search_finds_people_at_level_named(two_days: Place, server: DemoServer) -> None:
    leaks = _leaks(two_days.published, _known(server))

    assert {"dim_people.email_address", "dim_people.display_name", "dim_people.github_login"} <= {
        *leaks
    }
    assert "dim_claude_code_actors.api_key_name" in leaks


@pytest.mark.parametrize("level", ["pseudonymous", "team"])
def test_nobody_is_named_below_level_named(
    level: Level, two_days: Place, server: DemoServer, tmp_path: Path
) -> None:
    path = tmp_path / "claude_usage.duckdb"
    publish(two_days.warehouse, path, Privacy(level, KEY))

    assert _leaks(path, _known(server)) == []
    # Nor by a key that anybody can make of an address.
    with duckdb.connect(str(two_days.warehouse), read_only=True) as connection:
        keys = connection.execute(
            "select person_key from marts.dim_people where person_key <> 'unknown'"
            " union select actor_key from marts.dim_claude_code_actors"
        ).fetchall()
    assert _leaks(path, {key for (key,) in keys}) == []


def test_pseudonyms_join_and_stay_the_same_for_a_key(two_days: Place, tmp_path: Path) -> None:
    first, second, other = (tmp_path / f"{name}.duckdb" for name in ("first", "second", "other"))
    publish(two_days.warehouse, first, Privacy("pseudonymous", KEY))
    publish(two_days.warehouse, second, Privacy("pseudonymous", KEY))
    publish(two_days.warehouse, other, Privacy("pseudonymous", KEY + "2"))
    query = (
        "select person_key, sum(session_count) as sessions"
        " from marts.fct_claude_code_activity_daily join marts.dim_people using (person_key)"
        " group by all order by all"
    )
    named = query.replace("person_key, ", "md5(person_key) as ignored, ")

    def read(path: Path, text: str) -> list[tuple[str, int]]:
        with duckdb.connect(str(path), read_only=True) as connection:
            return connection.execute(text).fetchall()

    assert read(first, query) == read(second, query)
    assert {key for key, _ in read(first, query)} & {key for key, _ in read(other, query)} <= {
        "unknown"
    }
    assert sorted(n for _, n in read(first, query)) == sorted(
        n for _, n in read(two_days.published, named)
    )


@pytest.fixture(scope="session")
def of_teams(two_days: Place, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("team") / "claude_usage.duckdb"
    publish(two_days.warehouse, path, Privacy("team", min_people=MINIMUM))
    return path


def test_what_is_told_is_the_sum_of_what_is_known(two_days: Place, of_teams: Path) -> None:
    """Folding loses nothing of a day: a day is told whole or not at all."""
    with duckdb.connect(str(of_teams), read_only=True) as connection:
        connection.execute(f"attach '{two_days.warehouse}' as warehouse (read_only)")
        for table, measure in (
            ("fct_cost_attribution_daily", "allocated_cost_usd"),
            ("fct_billed_costs_daily", "billed_cost_usd"),
            ("fct_claude_code_model_usage_daily", "estimated_cost_usd"),
            ("fct_message_usage_daily", "output_tokens"),
            ("fct_claude_code_activity_daily", "session_count"),
        ):
            days = f"select usage_date, sum({measure}) from %s.{table} group by all order by all"
            told = connection.execute(days % "marts").fetchall()
            assert told == connection.execute(days % "warehouse.marts").fetchall(), table
            assert all(amount for _, amount in told), table
        people = connection.execute("select count(*) from marts.dim_people").fetchone()
        models = connection.execute(
            "select count(distinct model) from marts.fct_cost_attribution_daily"
        ).fetchone()
    assert people == (0,)
    # As fine as the crowd lets it be.
    assert models is not None
    assert models[0] >= 3


def _of_few(connection: duckdb.DuckDBPyConnection) -> dict[tuple[int, str], str]:
    """Return each figure that is of fewer than the minimum, by its value and unit.

    Small numbers are left out: they are equal to others by chance.
    """
    few: dict[tuple[int, str], str] = {}
    tables = connection.execute(
        "select table_name from duckdb_columns() where schema_name = 'marts'"
        " and column_name = 'person_key' and table_name like 'fct_%_daily'"
    ).fetchall()
    for (table,) in tables:
        kinds = dict(row[:2] for row in connection.execute(f"describe marts.{table}").fetchall())
        dimensions = [
            name
            for name, kind in kinds.items()
            if kind == "VARCHAR" and not name.endswith("_key") and name != "api_key_id"
        ]
        for measure, kind in kinds.items():
            if not kind.startswith(("DECIMAL", "BIGINT")) or measure == "repository_id":
                continue
            is_money = kind.startswith("DECIMAL")
            value = f"cast({'1000000 * ' if is_money else ''}sum({measure}) as hugeint)"
            is_rare = f"{value} >= {FEW_TOKENS}"
            if is_money:
                is_rare = (
                    f"{value} >= {FEW_DOLLARS}"
                    f" and ({value} % 10000 <> 0 or {value} >= {WHOLE_CENTS})"
                )
            for first, second in combinations_with_replacement(["usage_date", *dimensions], 2):
                rows = connection.execute(
                    f"select {value}, {first}, {second} from marts.{table}"
                    f" where {measure} <> 0 group by {first}, {second}"
                    " having count(distinct person_key) filter (where person_key <> 'unknown')"
                    f" between 1 and {MINIMUM - 1} and {is_rare}"
                ).fetchall()
                few |= {(row[0], unit(measure)): f"{table}.{measure} of {row[1:]}" for row in rows}
    return few


def test_no_figure_of_fewer_than_the_minimum_can_be_worked_out(
    two_days: Place, of_teams: Path
) -> None:
    with duckdb.connect(str(two_days.warehouse), read_only=True) as connection:
        few = _of_few(connection)
        told = sums(connection, {"fct_billed_costs_daily"})
    # The attack finds what the warehouse tells.
    assert len(few) > 100
    assert any((value, of) in few for value, of, _ in attacks(told))

    with duckdb.connect(str(of_teams), read_only=True) as connection:
        found = sums(connection)

    seen = [(how, few.get((abs(value), of))) for value, of, how in attacks(found)]
    assert [one for one in seen if one[1]] == []
