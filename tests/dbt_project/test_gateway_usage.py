"""From a gateway's database to `fct_gateway_usage_daily`: real Postgres, real load, real dbt.

Rows that LiteLLM itself wrote are not part of the project: `SOURCE_SAMPLES_PATH` says where they
are.
"""

from __future__ import annotations

import csv
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hand_made_warehouse import Warehouse
from pydantic import SecretStr

from data_quality import run_suite, suite_of
from ingestion.hashing import identity_hash
from ingestion.litellm.load import load_litellm
from tests.ingestion.litellm_gateway import LOG, SALT, Gateway, insert_statement, request, usage
from tests.source_samples import LITELLM, needs

FACT = "fct_gateway_usage_daily"
# What is asked of the marts, with all that it is made of and without what tests them.
BUILD = (
    "run",
    "--quiet",
    "--select",
    f"+{FACT}",
    "+data_completeness",
    "+dim_people",
    "+dim_teams",
)
FIRST = date(2026, 11, 20)


@pytest.fixture
def built(stored: Warehouse, gateway: Gateway) -> tuple[Gateway, Warehouse]:
    """A database to fill, and the warehouse that `build` fills from it."""
    gateway.folder = stored.folder
    stored.environment["IDENTITY_SALT"] = SALT
    return gateway, stored


def build(gateway: Gateway, stored: Warehouse, run_id: str = "run_1") -> None:
    report = load_litellm(gateway.settings(), run_id=run_id, start=FIRST)
    assert report.failures == []
    stored.dbt("seed", "--quiet")
    stored.dbt(*BUILD)


def sample(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (LITELLM / f"LiteLLM_{name}.jsonl").open()]


def fill_with_samples(gateway: Gateway) -> None:
    """Make all tables that LiteLLM has, by its own list of columns, with the rows it wrote."""
    tables: dict[str, list[dict[str, str]]] = {}
    with (LITELLM / "columns.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            tables.setdefault(row["table"], []).append(row)
    gateway.server.run(f'create database "{gateway.database}"')
    for name, columns in tables.items():
        listed = ", ".join(f'"{one["column"]}" {one["postgres_type"]}' for one in columns)
        gateway.run(f'create table "{name}" ({listed})')
    for name in ("SpendLogs", "DailyUserSpend", "DailyTeamSpend", "DailyTagSpend"):
        table = f"LiteLLM_{name}"
        names = [one["column"] for one in tables[table]]
        gateway.run(insert_statement(table, names, sample(name)))
    gateway.give_views()


@needs(LITELLM)
def test_what_litellm_wrote_comes_out_to_the_last_digit(
    built: tuple[Gateway, Warehouse],
) -> None:
    gateway, stored = built
    fill_with_samples(gateway)
    spent = sum((Decimal(str(row["spend"])) for row in sample("SpendLogs")), Decimal(0))

    build(gateway, stored)

    ((claimed, at_list_price, *counts),) = stored.rows(
        "select sum(claimed_cost_usd), sum(list_cost_usd), sum(request_count),"
        " sum(failed_request_count), sum(uncached_input_tokens), sum(cache_read_tokens),"
        " sum(cache_creation_5m_tokens), sum(cache_creation_1h_tokens), sum(output_tokens)"
        f" from marts.{FACT}"
    )
    # Here the gateway reckons as the list does, a tenth more on Bedrock in a region with it.
    assert claimed == at_list_price == Decimal("0.0468874")
    assert abs(claimed - spent) < Decimal("1e-12")
    assert counts == [7, 1, 42, 220, 3000, 6000, 290]
    assert stored.rows(
        "select entity, spend_usd from raw_litellm.daily_totals order by entity"
    ) == [("team", claimed), ("user", claimed)]
    told = "select uncached_input_tokens = reported_text_tokens from staging.stg_litellm__requests"
    assert stored.rows(f"{told} where is_usage") == [(True,)] * 6
    assert stored.rows(
        f"select route, geography, model, sum(request_count)::int from marts.{FACT}"
        " group by all order by all"
    ) == [
        ("anthropic", "unspecified", "claude-haiku-4-5-20251001", 1),
        ("anthropic", "unspecified", "claude-sonnet-4-5-20250929", 4),
        ("azure_ai", "unspecified", "claude-sonnet-4-5", 1),
        ("bedrock", "us", "claude-sonnet-4-5-20250929", 1),
    ]


def red(stored: Warehouse) -> set[str]:
    return {one.name for one in run_suite(stored.path, suite_of(FACT)) if not one.passed}


@needs(LITELLM)
def test_the_sum_over_tags_is_refused(built: tuple[Gateway, Warehouse]) -> None:
    gateway, stored = built
    fill_with_samples(gateway)
    build(gateway, stored)
    assert red(stored) == set()
    tagged = sum((Decimal(str(row["spend"])) for row in sample("DailyTagSpend")), Decimal(0))
    assert round(tagged, 7) == Decimal("0.1023848")

    # As if somebody took the table of tags for one of the gateway's totals.
    stored.execute(
        f"update raw_litellm.daily_totals set spend_usd = {tagged} where entity = 'user'"
    )

    assert red(stored) == {"requests_agree_with_the_gateways_own_sums"}


def fill(gateway: Gateway) -> None:
    gateway.make()
    day = "2026-11-27T12:00:00.5"
    gateway.add(
        request("msg_1", day, user="ada@example.org"),
        request("msg_2", day, user="ada@example.org", spend=0.5),
        request("msg_3", "2026-11-27T23:59:59.999", user="Unknown@example.org"),
        request("msg_4", "2026-11-28T00:00:00.000", user="ada@example.org"),
        request("call-5", day, status="failure", usage={}, prompt_tokens=15, spend=0),
        request("msg_6", day, cache_hit="True", spend=0),
        request(
            "msg_7",
            day,
            model="azure_ai/our-own-name",
            model_group="our-own-name",
            custom_llm_provider="azure_ai",
        ),
        request("msg_8", day, usage=usage(10), metadata={"user_api_key_team_alias": "data"}),
    )
    gateway.add_daily_sums()
    gateway.give_views()


def give_people(stored: Warehouse) -> None:
    """One person whose address is known, in a team that a gateway's team is named after."""
    seeds = stored.folder / "seeds"
    seeds.mkdir()
    (seeds / "identity_map.csv").write_text(
        "person_email,identity_type,identity_value\nada@example.org,github_login,ada-of-example\n"
    )
    (seeds / "team_memberships.csv").write_text(
        "email_address,github_login,team_name,cost_center,valid_from,valid_to\n"
        "ada@example.org,,Data,c-1,,\n"
    )
    stored.environment["SEEDS_PATH"] = str(seeds)


SHOWN = (
    "select usage_date::text, display_name, team_name, model, request_status,"
    " request_count::int, failed_request_count::int, uncached_input_tokens::int, tag,"
    f" list_cost_usd is not null from marts.{FACT} left join marts.dim_people using (person_key)"
    " order by all"
)


def test_requests_are_told_by_day_person_team_and_status(
    built: tuple[Gateway, Warehouse],
) -> None:
    gateway, stored = built
    fill(gateway)
    give_people(stored)

    build(gateway, stored)

    sonnet, compilers = "claude-sonnet-4-5-20250929", "Compilers"
    assert stored.rows(SHOWN) == [
        ("2026-11-27", "ada", compilers, sonnet, "failure", 1, 1, 0, "cc-7", True),
        ("2026-11-27", "ada", compilers, sonnet, "gateway_cache", 1, 0, 0, "cc-7", True),
        ("2026-11-27", "ada", compilers, sonnet, "success", 2, 0, 20, "cc-7", True),
        ("2026-11-27", "ada", compilers, "unmapped", "success", 1, 0, 10, "cc-7", False),
        ("2026-11-27", "ada", "Data", sonnet, "success", 1, 0, 10, "cc-7", True),
        ("2026-11-27", None, compilers, sonnet, "success", 1, 0, 10, "cc-7", True),
        ("2026-11-28", "ada", compilers, sonnet, "success", 1, 0, 10, "cc-7", True),
    ]
    assert stored.rows("select team_name, team_source from marts.dim_teams order by 1") == [
        ("Compilers", "gateway"),
        ("Data", "seed"),
        ("unassigned", "none"),
    ]
    # One of eight.
    assert red(stored) == {"most_requests_are_of_known_models"}


def test_building_and_loading_again_changes_nothing_and_what_vanished_stays(
    built: tuple[Gateway, Warehouse],
) -> None:
    gateway, stored = built
    fill(gateway)
    give_people(stored)
    build(gateway, stored)
    before = stored.rows(f"from marts.{FACT} order by all")

    gateway.run(f'delete from "{LOG}"')
    build(gateway, stored, "run_2")

    assert stored.rows(f"from marts.{FACT} order by all") == before
    assert len(before) == 7


def test_staging_reads_only_what_came_again(built: tuple[Gateway, Warehouse]) -> None:
    gateway, stored = built
    gateway.make()
    recent = f"{datetime.now(UTC).date()}T00:00:00"
    gateway.add(request("old", f"{FIRST}T12:00:00"), request("recent", recent))
    gateway.give_views()
    build(gateway, stored)
    # A mark of which rows of the table are the same ones.
    stored.execute("update staging.stg_litellm__requests set call_type = 'marked'")
    gateway.run(f"update \"{LOG}\" set spend = 7 where request_id = 'recent'")

    build(gateway, stored, "run_2")

    assert stored.rows(
        "select request_id, call_type, claimed_cost_usd from staging.stg_litellm__requests"
        " order by request_id"
    ) == [
        ("old", "marked", Decimal("0.0123456")),
        ("recent", "anthropic_messages", Decimal(7)),
    ]


def test_without_a_gateway_the_tables_are_there_and_empty(stored: Warehouse) -> None:
    stored.dbt("seed", "--quiet")
    stored.dbt(*BUILD)

    assert stored.rows(f"select count(*) from marts.{FACT}") == [(0,)]


# What must never leave the gateway, in each place where LiteLLM keeps it.
PLANTED = {
    "messages": [{"role": "user", "content": "PLANTED-prompt"}],
    "response": {"content": "PLANTED-answer"},
    "proxy_server_request": {"body": "PLANTED-request"},
    "requester_ip_address": "203.0.113.77",
    "api_base": "https://PLANTED-host.internal",
    "cache_key": "PLANTED-cache-key",
    "end_user": '{"device_id": "PLANTED-device", "session": "PLANTED-session"}',
    "user": "PLANTED.person@example.org",
    "api_key": "sk-PLANTED-plain-key",
    "session_id": "PLANTED session /srv/somebody",
    "request_tags": ["secret:PLANTED-tag", "cost-center:cc-7", "User-Agent: cli/1 (PLANTED-agent)"],
    "metadata": {
        "error_information": {"traceback": "PLANTED-traceback", "error_message": "PLANTED-error"},
        "spend_logs_metadata": {"note": "PLANTED-note"},
        "requester_metadata": {"mail": "PLANTED-requester"},
        "requester_custom_headers": {"x": "PLANTED-header"},
        "user_api_key_alias": "key of PLANTED.alias@example.org",
        "user_api_key_team_alias": "sk-PLANTED-0123456789 team",
        "user_api_key_user_email": "PLANTED.mail@example.org",
        "usage_object": {"prompt_tokens": 10},
        "model_map_information": {"key": "PLANTED-map"},
    },
}


def test_nothing_private_is_left_anywhere(
    built: tuple[Gateway, Warehouse], caplog: pytest.LogCaptureFixture
) -> None:
    gateway, stored = built
    gateway.make()
    gateway.add(request("msg_1", "2026-11-27T12:00:00"))
    gateway.add({**request("msg_planted", "2026-11-27T12:00:00"), **PLANTED})
    gateway.give_views()
    caplog.set_level("DEBUG")

    build(gateway, stored)

    forbidden = ("planted.", "planted-", "203.0.113.77", "/srv/somebody", SALT)
    texts = [caplog.text]
    for schema, table in stored.rows("select schema_name, table_name from duckdb_tables()"):
        texts += [
            text for (text,) in stored.rows(f'select row::varchar from "{schema}"."{table}" as row')
        ]
    assert len(texts) > 20
    # The id is the request's own; all else with the word was planted.
    found = [text for text in texts for word in forbidden if word in text.lower()]
    assert found == []
    for path in stored.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes().lower()
            assert not [word for word in forbidden if word.encode() in content], path
    assert stored.rows(
        "select key_alias, team_alias, tag, session_id, user_hash from raw_litellm.requests"
        " where request_id = 'msg_planted'"
    ) == [
        (
            "key of <mail>",
            "<secret> team",
            "cc-7",
            None,
            identity_hash("planted.person@example.org", SALT),
        )
    ]


def test_a_load_as_the_owner_reads_no_more_than_as_the_role(
    built: tuple[Gateway, Warehouse],
) -> None:
    """Whoever gives the pipeline a password for everything still has nothing private stored."""
    gateway, stored = built
    gateway.make()
    gateway.add({**request("msg_planted", "2026-11-27T12:00:00"), **PLANTED})
    owner = gateway.settings(litellm_database_url=SecretStr(gateway.server.url(gateway.database)))

    report = load_litellm(owner, run_id="run_1", start=FIRST)

    assert report.failures == []
    ((row,),) = stored.rows("select row::varchar from raw_litellm.requests as row")
    assert "msg_planted" in row
    assert not [word for word in ("PLANTED.", "PLANTED-", "203.0.113") if word in row]
