"""Privacy levels: what is refused, and that nothing unlisted gets out."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from publishing import Privacy, PrivacyError, publish


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        for statement in (
            "dim_people as select 'k1' as person_key, 'Ada' as display_name, 'Ada-X' as"
            " github_login, 'ada@example.com' as email_address",
            "dim_api_keys as select 'apikey_1' as api_key_id, 'ada-key' as api_key_name",
            "dim_claude_code_actors as select 'a1' as actor_key, 'k1' as person_key",
            "dim_teams as select * from (values ('Large', 9), ('Small', 2), ('unassigned', 0))"
            " as teams(team_name, person_count)",
            "dim_repositories as select * from (values ('ada-x/home'), ('company/home'))"
            " as repositories(repository)",
            "budget_status_daily as select * from (values ('person', 'k1', 1), ('key', 'apikey_1',"
            " 2), ('team', 'Small', 3), ('team', 'Large', 4), ('organization', null, 5))"
            " as budgets(scope_type, scope_id, actual)",
            "brand_new as select 'ada@example.com' as remark, ['Ada'] as names, 7 as n",
        ):
            connection.execute(f"create table marts.{statement}")
    return path


def read(path: Path, query: str) -> list[tuple]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.parametrize("key", [None, "", "too short"])
def test_pseudonyms_need_a_key_that_nobody_guesses(key: str | None) -> None:
    with pytest.raises(PrivacyError, match="PRIVACY_KEY"):
        Privacy("pseudonymous", key)


def test_a_minimum_of_one_and_an_unknown_level_are_refused() -> None:
    with pytest.raises(PrivacyError, match="PRIVACY_MIN_PEOPLE"):
        Privacy("team", min_people=1)
    with pytest.raises(PrivacyError, match="PRIVACY_LEVEL"):
        Privacy("secret")  # type: ignore[arg-type]


def test_the_key_is_not_shown() -> None:
    assert "0123456789abcdef" not in repr(Privacy("pseudonymous", "0123456789abcdef"))


def test_what_is_not_listed_is_taken_for_personal(warehouse: Path, tmp_path: Path) -> None:
    target = tmp_path / "claude_usage.duckdb"
    publish(warehouse, target, Privacy("pseudonymous", "0123456789abcdef"))
    assert read(target, "from marts.brand_new") == [(None, None, 7)]
    publish(warehouse, target, Privacy("team"))
    assert read(target, "from marts.brand_new") == []


def test_a_repository_in_a_persons_account_has_a_pseudonym(warehouse: Path, tmp_path: Path) -> None:
    target = tmp_path / "claude_usage.duckdb"
    publish(warehouse, target, Privacy("pseudonymous", "0123456789abcdef"))
    names = sorted(name for (name,) in read(target, "from marts.dim_repositories"))
    assert "company/home" in names
    assert not any("ada" in name for name in names if name != "company/home")


def test_scopes_of_people_keys_and_small_teams_are_left_out(
    warehouse: Path, tmp_path: Path
) -> None:
    target = tmp_path / "claude_usage.duckdb"
    publish(warehouse, target, Privacy("team", min_people=5))
    assert sorted(read(target, "select actual from marts.budget_status_daily")) == [(4,), (5,)]
    publish(warehouse, target, Privacy("pseudonymous", "0123456789abcdef"))
    scopes = read(target, "select scope_id from marts.budget_status_daily order by actual")
    assert not {("k1",), ("apikey_1",)} & set(scopes)
    people = read(target, "select person_key from marts.dim_people")
    assert scopes[0] == people[0]
    assert ("Large",) in scopes


def test_no_amount_of_a_table_without_people_is_told(warehouse: Path, tmp_path: Path) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            "create or replace table marts.coverage_daily as select 7.5 as spent_usd"
        )
        connection.execute(
            "create or replace table marts.token_rate_headroom as select 9 as peak_tokens,"
            " 0.5::double as limit_used_ratio, 100 as limit_value, 2.5 as recommended_lower"
        )
    target = tmp_path / "claude_usage.duckdb"
    publish(warehouse, target, Privacy("team"))
    assert read(target, "from marts.coverage_daily") == [(None,)]
    rows = read(target, "from marts.token_rate_headroom")
    assert rows == [(None, None, 100, Decimal("2.5"))]


def test_a_budget_does_not_tell_what_was_spent_of_it(warehouse: Path, tmp_path: Path) -> None:
    kinds = ("", "_lower", "_upper")
    ratios = ", ".join(f"0.5::double as forecast{kind}_overrun_ratio" for kind in kinds)
    amounts = ", ".join(f"5.0 as forecast{kind}_overrun_usd" for kind in kinds)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            "create or replace table marts.budget_status_daily as select 'organization' as"
            f" scope_type, 'all' as scope_id, 10.0 as budget_usd, {ratios}, {amounts}"
        )
    target = tmp_path / "claude_usage.duckdb"
    publish(warehouse, target, Privacy("team"))
    rows = read(target, "select * exclude (scope_type, scope_id) from marts.budget_status_daily")
    assert rows == [(Decimal(10), *[None] * 6)]
