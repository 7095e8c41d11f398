"""Loads of a gateway's log from a real Postgres, as the role that `reader.sql` makes."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from pydantic import SecretStr

from ingestion.errors import ConfigurationError
from ingestion.hashing import identity_hash
from ingestion.litellm import reader
from ingestion.litellm.columns import REQUEST
from ingestion.litellm.findings import findings
from ingestion.litellm.load import WITHOUT_SALT, load_litellm
from ingestion.litellm.tables import DAILY_TOTALS, REQUESTS
from ingestion.loading import LoadReport
from tests.ingestion.litellm_gateway import (
    KEY,
    LOG,
    READER_PASSWORD,
    SALT,
    SPEND_LOGS,
    Gateway,
    request,
    usage,
)

TODAY = datetime.now(UTC).date()
START = TODAY - timedelta(days=20)
NOON = f"{TODAY - timedelta(days=2)}T12:00:00.250"


def load(gateway: Gateway, run_id: str = "run_1", *, start: date = START, **more: object) -> None:
    report = load_report(gateway, run_id, start=start, **more)
    assert report.failures == []


def load_report(
    gateway: Gateway, run_id: str = "run_1", *, start: date = START, **more: object
) -> LoadReport:
    return load_litellm(gateway.settings(**more), run_id=run_id, start=start)


@pytest.fixture
def filled(gateway: Gateway) -> Gateway:
    """A log of three requests in three days, of which one failed, and the role to read it."""
    gateway.make()
    gateway.add(
        request("msg_1", NOON),
        request(
            "chatcmpl-2",
            f"{TODAY - timedelta(days=1)}T23:59:59.999",
            usage=usage(11, read=220, write_5m=500, write_1h=1000),
            model="bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            custom_llm_provider="bedrock",
            spend=0.009431400000000001,
        ),
        request(
            "failed-3",
            f"{TODAY}T00:00:00.000",
            status="failure",
            usage={},
            prompt_tokens=15,
            spend=0,
        ),
    )
    gateway.add_daily_sums()
    gateway.give_views()
    return gateway


def test_a_request_is_stored_with_types_hashes_and_one_namespace_of_tags(filled: Gateway) -> None:
    load(filled)

    ((*row,),) = filled.rows(
        "select request_id, key_hash, key_alias, team_id, team_alias, user_hash, started_at,"
        " model, spend_usd, prompt_tokens, completion_tokens, text_tokens, cache_read_tokens,"
        " cache_creation_tokens, cache_creation_5m_tokens, cache_creation_1h_tokens, tag,"
        " tag_count, client, client_version, run_id"
        " from raw_litellm.requests where request_id = 'chatcmpl-2'"
    )
    assert row == [
        "chatcmpl-2",
        KEY,
        "key-of-ada",
        "team-c",
        "Compilers",
        identity_hash("ada@example.org", SALT),
        datetime.fromisoformat(f"{TODAY - timedelta(days=1)}T23:59:59.999+00:00"),
        "bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        # Without the noise of a double.
        Decimal("0.009431400000"),
        1731,
        50,
        11,
        220,
        1500,
        500,
        1000,
        "cc-7",
        1,
        "claude-cli",
        "2.1.332",
        "run_1",
    ]


def test_the_ledger_has_each_day_and_counts_what_is_stored(filled: Gateway) -> None:
    load(filled, start=TODAY - timedelta(days=3))

    ledger = filled.rows(
        "select window_key, status, record_count from raw_litellm.completeness_ledger"
        " where endpoint = 'requests' order by window_key"
    )
    days = [str(TODAY - timedelta(days=back)) for back in (3, 2, 1, 0)]
    # Yesterday counts as whole an hour after its end.
    late = "complete" if datetime.now(UTC).hour >= 1 else "partial"
    assert ledger == list(
        zip(days, ("complete", "complete", late, "partial"), (0, 1, 1, 1), strict=True)
    )


def test_the_gateways_own_sums_come_with_the_requests(filled: Gateway) -> None:
    load(filled)

    totals = filled.rows(
        "select entity, sum(spend_usd), sum(prompt_tokens), sum(request_count),"
        " sum(failed_request_count) from raw_litellm.daily_totals group by 1 order by 1"
    )
    whole = (Decimal("0.021777000000"), 244 + 1731 + 15, 3, 1)
    assert totals == [("team", *whole), ("user", *whole)]


def test_the_tables_say_the_same_as_the_views(filled: Gateway) -> None:
    load(filled)
    by_views = (
        filled.stored(),
        filled.rows("select * exclude (fetched_at) from raw_litellm.daily_totals order by all"),
    )
    filled.warehouse.unlink()
    owner = SecretStr(filled.server.url(filled.database))

    filled.run(f"drop schema {reader.SCHEMA} cascade")
    load(filled, litellm_database_url=owner)

    by_tables = (
        filled.stored(),
        filled.rows("select * exclude (fetched_at) from raw_litellm.daily_totals order by all"),
    )
    assert by_tables == by_views
    assert len(by_views[0]) == 3


@pytest.mark.parametrize("has_views", [True, False])
def test_an_older_version_has_fewer_columns_and_they_are_null(
    gateway: Gateway, has_views: bool
) -> None:
    gateway.make(daily=False)
    gateway.run(
        f'alter table "{LOG}" drop column session_id, drop column status, drop column metadata,'
        " drop column custom_llm_provider, drop column organization_id, drop column agent_id"
    )
    gateway.add(request("msg_old", NOON))
    gateway.give_views()
    if not has_views:
        gateway.run(f"drop schema {reader.SCHEMA} cascade")
        gateway.run(f'grant select on "{LOG}" to {reader.ROLE}')

    report = load_report(gateway)

    assert report.failures == []
    assert [one.endpoint for one in report.not_offered] == [DAILY_TOTALS.name]
    assert gateway.stored("request_id, session_id, status, key_alias, cache_read_tokens, tag") == [
        ("msg_old", None, "success", None, None, "cc-7")
    ]


def test_columns_of_a_newer_version_are_not_read(filled: Gateway) -> None:
    filled.run(f"alter table \"{LOG}\" add column secret_of_tomorrow text default 'planted'")
    filled.give_views()

    load(filled)

    assert len(filled.stored()) == 3


def test_loading_again_changes_nothing(filled: Gateway) -> None:
    load(filled)
    before = (
        filled.stored(),
        filled.rows(
            "select * exclude (fetched_at, run_id) from raw_litellm.daily_totals order by all"
        ),
    )

    load(filled, "run_2")

    after = (
        filled.stored(),
        filled.rows(
            "select * exclude (fetched_at, run_id) from raw_litellm.daily_totals order by all"
        ),
    )
    assert after == before


def test_what_the_gateway_deletes_stays_and_what_it_changes_is_replaced(filled: Gateway) -> None:
    load(filled)
    filled.run(f"delete from \"{LOG}\" where request_id = 'msg_1'")
    filled.run(f"update \"{LOG}\" set spend = 1 where request_id = 'chatcmpl-2'")

    load(filled, "run_2")

    assert filled.stored("request_id, spend_usd, run_id") == [
        ("chatcmpl-2", Decimal(1), "run_2"),
        ("failed-3", Decimal(0), "run_2"),
        ("msg_1", Decimal("0.012345600000"), "run_1"),
    ]


def test_three_days_are_read_again_and_no_more(filled: Gateway) -> None:
    load(filled)
    late, too_late = TODAY - timedelta(days=3), TODAY - timedelta(days=4)
    filled.add(request("late", f"{late}T00:00:00"), request("too_late", f"{too_late}T23:59:59.999"))

    load(filled, "run_2")

    assert ("late",) in filled.stored("request_id")
    assert ("too_late",) not in filled.stored("request_id")

    # A day before the first that was read has all read again.
    load(filled, "run_3", start=START - timedelta(days=1))

    assert ("too_late",) in filled.stored("request_id")


def test_two_halves_in_either_order_are_the_whole(filled: Gateway) -> None:
    load(filled)
    whole = filled.stored()
    filled.warehouse.unlink()
    filled.run(f'create table kept as select * from "{LOG}"; delete from "{LOG}"')
    filled.run(f"insert into \"{LOG}\" select * from kept where request_id <> 'msg_1'")

    load(filled, "later")
    filled.run(f'insert into "{LOG}" select * from kept on conflict do nothing')
    load(filled, "earlier")

    assert filled.stored() == whole


def test_the_role_reads_the_views_and_nothing_else(filled: Gateway) -> None:
    who = {"user": reader.ROLE, "password": READER_PASSWORD}

    assert filled.run(f"select count(*) from {reader.SCHEMA}.{reader.REQUESTS_VIEW}", **who) == "3"
    for refused in (
        f'select messages from "{LOG}"',
        f'delete from "{LOG}"',
        f"delete from {reader.SCHEMA}.{reader.REQUESTS_VIEW}",
        "create table mine (a int)",
    ):
        with pytest.raises(RuntimeError, match=r"permission denied|read-only|cannot delete"):
            filled.run(refused, **who)


def test_the_view_has_the_columns_of_the_list_and_no_other(filled: Gateway) -> None:
    columns = filled.run(
        "select column_name from information_schema.columns where"
        f" table_schema = '{reader.SCHEMA}' and table_name = '{reader.REQUESTS_VIEW}'"
        " order by ordinal_position"
    )

    assert columns.splitlines() == [one.name for one in REQUEST]


def test_reader_sql_may_be_run_again_after_an_upgrade(filled: Gateway) -> None:
    filled.run(f"drop view {reader.SCHEMA}.{reader.TOTALS_VIEW}")

    filled.give_views()
    load(filled)

    assert filled.rows("select count(*) from raw_litellm.daily_totals") == [(6,)]


def test_no_log_is_an_error_that_says_what_to_run(gateway: Gateway) -> None:
    gateway.server.run(f'create database "{gateway.database}"')

    with pytest.raises(RuntimeError, match='There is no table "LiteLLM_SpendLogs" here'):
        gateway.give_views()
    report = load_report(
        gateway, litellm_database_url=SecretStr(gateway.server.url(gateway.database))
    )

    (failure,) = {failure.error for failure in report.failures}
    assert "reader.sql" in failure


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (["cost-center:cc-7", "app:x"], ("cc-7", 1)),
        (["cost-center:cc-7", "cost-center:cc-7"], ("cc-7", 1)),
        # Two cost centres: it is nobody's to choose one.
        (["cost-center:cc-7", "cost-center:cc-8"], (None, 2)),
        (["cost-center-2:cc-7", "cost-center:"], (None, 0)),
        ([], (None, 0)),
        (None, (None, 0)),
        ({"cost-center": "cc-7"}, (None, 0)),
    ],
)
def test_a_tag_counts_where_its_namespace_has_one(
    gateway: Gateway, tags: object, expected: tuple[str | None, int]
) -> None:
    gateway.make()
    gateway.add(request("msg_1", NOON, request_tags=tags))
    gateway.give_views()

    load(gateway)

    assert gateway.stored("tag, tag_count") == [expected]


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        [],
        "{}",
        {"usage_object": "none", "cost_breakdown": [1]},
        {"usage_object": {"cache_read_input_tokens": {"odd": 1}, "prompt_tokens_details": 7}},
        {"usage_object": {"cache_creation_input_tokens": "many"}, "user_api_key_alias": 5},
    ],
)
def test_metadata_of_any_shape_costs_nothing_but_itself(gateway: Gateway, metadata: object) -> None:
    gateway.make()
    gateway.add(request("msg_1", NOON), request("msg_2", NOON))
    gateway.add({**request("odd", NOON), "metadata": metadata})
    gateway.give_views()

    load(gateway)

    assert gateway.stored("request_id, cache_read_tokens, cache_creation_tokens") == [
        ("msg_1", 200, 34),
        ("msg_2", 200, 34),
        ("odd", None, None),
    ]


def test_an_older_form_of_the_cache_is_read(gateway: Gateway) -> None:
    gateway.make()
    told = {
        "additional_usage_values": {
            "cache_read_input_tokens": 5,
            "cache_creation_input_tokens": 7,
        },
        "usage_object": {"cache_creation": {"ephemeral_1h_input_tokens": 3}},
    }
    gateway.add({**request("msg_1", NOON), "metadata": told})
    gateway.give_views()

    load(gateway)

    assert gateway.stored("cache_read_tokens, cache_creation_tokens, cache_creation_1h_tokens") == [
        (5, 7, 3)
    ]


def test_a_key_that_is_no_hash_leaves_the_database_as_one(gateway: Gateway) -> None:
    gateway.make()
    gateway.add(request("msg_1", NOON, api_key="sk-planted-master-key"))
    gateway.give_views()

    load(gateway)

    ((key,),) = gateway.stored("key_hash")
    assert len(key) == 64
    who = {"user": reader.ROLE, "password": READER_PASSWORD}
    view = f"{reader.SCHEMA}.{reader.REQUESTS_VIEW}"
    assert gateway.run(f"select api_key from {view}", **who) == key


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("vertex_ai/claude-sonnet-4-5@20250929", "vertex_ai/claude-sonnet-4-5@20250929"),
        ("vertex_ai/claude-opus-4-8@default", "vertex_ai/claude-opus-4-8@default"),
        ("azure_ai/ada@example.org-reviewer", "azure_ai/<mail>-reviewer"),
        ("azure_ai/sk-0123456789abc", "azure_ai/<secret>"),
        ("", None),
    ],
)
def test_an_address_in_the_name_of_a_model_is_told_from_a_date(
    gateway: Gateway, model: str, expected: str | None
) -> None:
    gateway.make()
    gateway.add(request("msg_1", NOON, model=model))
    gateway.give_views()

    load(gateway)

    assert gateway.stored("model") == [(expected,)]


def test_without_a_salt_users_are_left_out_and_that_is_said(filled: Gateway) -> None:
    report = load_report(filled, identity_salt=None)

    assert report.warnings == {REQUESTS.name: [WITHOUT_SALT]}
    assert set(filled.stored("user_hash, end_user_hash, key_alias_hash")) == {(None, None, None)}


@pytest.mark.parametrize(
    ("user", "password", "port", "said"),
    [
        (reader.ROLE, "wrong-and-planted", None, "password authentication failed"),
        (reader.ROLE, "never-shown-to-anyone", 1, "refused"),
    ],
)
def test_a_database_that_cannot_be_read_fails_without_its_address(
    filled: Gateway,
    caplog: pytest.LogCaptureFixture,
    user: str,
    password: str,
    port: int | None,
    said: str,
) -> None:
    load(filled)
    url = filled.server.url(filled.database, user, password)
    wrong = url if port is None else url.replace(f":{filled.server.port}/", f":{port}/")
    caplog.set_level(logging.DEBUG)

    report = load_report(filled, "run_2", litellm_database_url=SecretStr(wrong))

    assert {failure.endpoint for failure in report.failures} == {"requests", "daily_totals"}
    assert all(said in failure.error for failure in report.failures)
    assert len(filled.stored()) == 3
    ((error,),) = filled.rows(
        "select error from raw_litellm.completeness_ledger"
        f" where endpoint = 'requests' and window_key = '{TODAY}'"
    )
    shown = "".join([repr(report), caplog.text, error])
    assert password not in shown
    assert url not in shown

    load(filled, "run_3")

    assert filled.rows(
        "select count(*) from raw_litellm.completeness_ledger where error is not null"
    ) == [(0,)]


def test_doctor_tells_the_views_from_the_tables(filled: Gateway) -> None:
    (by_views,) = findings(filled.settings())
    owner = SecretStr(filled.server.url(filled.database))
    filled.run(f"drop schema {reader.SCHEMA} cascade")
    (by_tables,) = findings(filled.settings(litellm_database_url=owner))

    assert (by_views.is_wrong, by_tables.is_wrong) == (False, False)
    assert "the views of reader.sql can be read; 1 requests today" in by_views.details
    assert "messages too" in by_tables.details
    assert READER_PASSWORD not in by_views.name


def test_both_ways_at_once_are_refused(filled: Gateway) -> None:
    settings = filled.settings(
        litellm_api_key=SecretStr("sk-1234567890"), litellm_base_url="http://127.0.0.1:1"
    )

    with pytest.raises(ConfigurationError, match="are both set"):
        load_litellm(settings, run_id="r", start=START)


def test_a_batch_is_bounded_however_long_the_log(gateway: Gateway) -> None:
    gateway.make(log=SPEND_LOGS)
    gateway.add(request("msg_0", NOON))
    names = 'request_id, call_type, api_key, spend, prompt_tokens, "startTime", "endTime",'
    gateway.run(
        f'insert into "{LOG}" ({names} model, metadata, request_tags)'
        f' select \'msg_\' || n, call_type, api_key, spend, prompt_tokens, "startTime", "endTime",'
        f' model, metadata, request_tags from "{LOG}", generate_series(1, 60000) as n'
    )
    gateway.give_views()

    report = load_report(gateway)

    loaded = report.loaded["requests"]
    assert loaded.records == 60_001
    assert loaded.pages > 1, "one batch would hold all rows at once"
    assert gateway.rows("select count(*), sum(spend_usd) from raw_litellm.requests") == [
        (60_001, Decimal("0.0123456") * 60_001)
    ]
