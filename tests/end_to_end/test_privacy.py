"""The published file of the demo organisation says nothing of anybody below level named."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from demo_api import DemoServer
from publishing import Privacy, publish
from publishing.privacy import Level
from tests.end_to_end.conftest import Place

KEY = "a key of the test alone"


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
            "select table_name, column_name from duckdb_columns() where schema_name = 'marts'"
            " and (data_type like '%VARCHAR%' or data_type like '%JSON%')"
        ).fetchall()
        for table, column in columns:
            values = connection.execute(
                f'select distinct lower(cast("{column}" as varchar)) from marts."{table}"'
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


def test_no_row_is_about_fewer_people_than_the_minimum(two_days: Place, tmp_path: Path) -> None:
    path = tmp_path / "claude_usage.duckdb"
    publish(two_days.warehouse, path, Privacy("team", min_people=4))
    grain = "usage_date, source_report, organization_id, actor_type, customer_type"
    grain += ", subscription_type, terminal_type, is_remote"

    with duckdb.connect(str(path), read_only=True) as connection:
        rows = connection.execute(
            f"select {grain}, sum(session_count) from marts.fct_claude_code_activity_daily"
            " group by all order by all"
        ).fetchall()
        people = connection.execute("select count(*) from marts.dim_people").fetchone()
    with duckdb.connect(str(two_days.warehouse), read_only=True) as connection:
        expected = connection.execute(
            f"select {grain}, sum(session_count) from marts.fct_claude_code_activity_daily"
            " group by all having count(distinct person_key)"
            " filter (where person_key <> 'unknown') >= 4 order by all"
        ).fetchall()

    assert rows == expected
    assert rows
    assert people == (0,)
