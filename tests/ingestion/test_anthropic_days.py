"""Days that change: late, revised, emptied, read too early, read again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from ingestion_bench import (
    CLAUDE_CODE,
    COST,
    DAYS,
    EMPTY_DAY,
    MESSAGES,
    Bench,
    assert_names,
    seconds,
)

from demo_api import Fault
from ingestion import ledger, warehouse
from ingestion.anthropic import endpoints

REPORTS = (CLAUDE_CODE, MESSAGES, COST)
DAY = DAYS[1]
KEY = str(DAY)


def test_an_empty_day_is_complete_with_nothing_in_it(bench: Bench) -> None:
    bench.load([EMPTY_DAY], REPORTS)
    key = str(EMPTY_DAY)
    for endpoint in (CLAUDE_CODE, MESSAGES):
        assert bench.pages(endpoint) == [(key, 1, True, 0)]
        counted = bench.ledger(endpoint)[key]
        assert (counted.status, counted.record_count, counted.error) == ("complete", 0, None)
        assert counted.window_start == datetime(2026, 9, 27, tzinfo=UTC)
        assert counted.window_end == counted.window_start + timedelta(days=1)


def test_a_day_that_comes_back_with_less_or_empty_clears_its_rows(own: Bench) -> None:
    own.load(tables=REPORTS)
    first = own.ledger()
    own.server.world.revise_day(KEY, keep=3)
    own.server.world.revise_cost_day(KEY, keep=1)
    own.load([DAY], REPORTS)
    own.server.world.revise_cost_day(str(DAYS[0]))
    assert own.pages()[1] == (KEY, 1, True, 3)
    assert len(json.loads(own.bodies(window_key=KEY)[0])["data"]) == 3
    assert own.ledger()[KEY].record_count == 3
    assert own.ledger(MESSAGES)[KEY].record_count == 1

    own.server.world.revise_day(KEY)
    own.server.world.revise_cost_day(KEY)
    report = own.load([DAY], REPORTS)
    for endpoint in REPORTS:
        assert own.pages(endpoint)[1] == (KEY, 1, True, 0)
        counted = own.ledger(endpoint)[KEY]
        assert (counted.status, counted.record_count, counted.error) == ("complete", 0, None)
        assert counted.run_id == report.run_id
        assert counted.byte_count == len(own.bodies(endpoint, KEY)[0].encode())
    last = own.ledger()
    assert last[KEY].first_fetched_at == first[KEY].first_fetched_at
    assert last[KEY].last_fetched_at > first[KEY].last_fetched_at
    # The days beside it are as they were: their change was not asked for.
    assert last[str(DAYS[0])] == first[str(DAYS[0])]
    assert own.ledger(MESSAGES)[str(DAYS[0])].record_count > 0


def test_a_day_that_cannot_be_read_again_keeps_what_it_had(own: Bench) -> None:
    own.load()
    before, pages = own.ledger(), own.snapshot("anthropic")
    own.server.world.revise_day(KEY)
    own.server.faults.add(Fault(query_contains=KEY, status=500, times=None))
    (failure,) = own.load().failures
    after = own.ledger()
    assert after[KEY] == before[KEY]._replace(error=failure.error)
    assert_names(after[KEY].error, f"{CLAUDE_CODE} [{KEY}]", "HTTP 500", "req_011DemoFault")
    assert (
        own.snapshot("anthropic")[f"anthropic.{CLAUDE_CODE}"] == (pages[f"anthropic.{CLAUDE_CODE}"])
    )
    own.server.faults.clear()
    own.load()
    assert own.ledger()[KEY].error is None
    assert own.ledger()[KEY].record_count == 0


def test_a_day_is_partial_until_it_is_read_after_its_end(bench: Bench) -> None:
    noon = seconds(2026, 10, 21, 12)
    bench.load([DAYS[0], DAY], REPORTS, now=lambda: noon)
    for endpoint in REPORTS:
        assert bench.statuses(endpoint) == {str(DAYS[0]): "complete", KEY: "partial"}
    # What is younger than an hour is held back by the source.
    bench.load([DAY], REPORTS, now=lambda: seconds(2026, 10, 22, 0, 59))
    bench.close()
    with bench.opened() as connection:
        statuses = ledger.days_by_status(connection, endpoints.CLAUDE_CODE.table)
        assert statuses == {"complete": {DAYS[0]}, "partial": {DAY}}
        assert ledger.first_day(connection, "anthropic") == DAYS[0]
    bench.load([DAY], REPORTS, now=lambda: seconds(2026, 10, 22, 1))
    for endpoint in REPORTS:
        counted = bench.ledger(endpoint)[KEY]
        assert counted.status == "complete"
        assert counted.first_fetched_at == datetime(2026, 10, 21, 12, tzinfo=UTC)
        assert counted.last_fetched_at == datetime(2026, 10, 22, 1, tzinfo=UTC)
        assert counted.first_complete_at == counted.last_fetched_at
    bench.load([DAY], REPORTS, now=lambda: seconds(2026, 10, 22, 2))
    for endpoint in REPORTS:
        again = bench.ledger(endpoint)[KEY]
        assert again.first_complete_at == datetime(2026, 10, 22, 1, tzinfo=UTC)
        assert bench.pages(endpoint)[1][:3] == (KEY, 1, True)


def test_a_day_whose_first_page_was_read_too_early_is_partial(own: Bench) -> None:
    records = own.server.organisation.records
    records[KEY] = [
        replace(one, terminal_type=f"{one.terminal_type}-{number}")
        for number in range(50)
        for one in records[KEY]
    ]
    # The load's own look at the clock comes before the two pages'.
    early, late = seconds(2026, 10, 22, 0, 59), seconds(2026, 10, 22, 1, 1)
    ticks: Iterator[float] = iter([early, early, late])
    own.load([DAY], now=lambda: next(ticks))
    assert len(own.pages()) == 2
    assert own.statuses() == {KEY: "partial"}


def test_the_same_load_twice_gives_the_same_rows(bench: Bench) -> None:
    bench.load(tables=REPORTS, directories=True)
    once, at = bench.snapshot("anthropic"), bench.ledger()
    second = bench.load(tables=REPORTS, directories=True)
    assert bench.snapshot("anthropic") == once
    assert {one.run_id for one in bench.ledger().values()} == {second.run_id}
    assert {key: one.first_fetched_at for key, one in bench.ledger().items()} == {
        key: one.first_fetched_at for key, one in at.items()
    }


def test_a_range_is_its_days_one_by_one_in_any_order(bench: Bench, settings_for, tmp_path) -> None:
    bench.load(tables=REPORTS)
    other = Bench(
        bench.server, settings_for(bench.server, warehouse_path=tmp_path / "other.duckdb")
    )
    for day in (DAYS[1], DAYS[2], DAYS[0]):
        other.load([day], REPORTS)
    columns = "window_key, window_start, window_end, page_number, is_last_page, body, byte_count"
    for endpoint in REPORTS:
        query = f"select {columns} from raw_anthropic.{endpoint} order by all"
        assert other.rows(query) == bench.rows(query)
        assert other.statuses(endpoint) == bench.statuses(endpoint)
    other.close()


# Nothing in here is as a program that parses and prints JSON again would leave it.
ODD_RECORD = (
    '{ "date":"2026-10-21T00:00:00Z",\n "actor" : {"type":"robot_actor","serial":"\\u00e9\\u0000"},'
    ' "organization_id":"org", "customer_type" :"robots","terminal_type":"\\u2603",'
    ' "core_metrics":{"num_sessions":1,"lines_of_code":{"added":0,"removed":-0},'
    '"commits_by_claude_code":0,"pull_requests_by_claude_code" : 0},'
    ' "model_breakdown":[{"model":"claude-unheard-of-9","tokens":{"input":1,"output":2,'
    '"cache_read":3,"cache_creation":4,"dreamt":12345678901234567890123},"estimated_cost":'
    '{"amount":141.12500000000000000001,"currency":"USD"}}], "tool_actions":{"juggle_tool":'
    '{"accepted":1,"rejected":0,"pondered":1e2}}, "ünbekannt":["☃",null,-0.0, "\\"x\\": \\\\"] }'
)
ODD_RESULT = (
    '{"amount":"0.1000000000", "currency":"USD", "uncached_input_tokens":1,"output_tokens":2,'
    '"cache_read_input_tokens":3,"cache_creation":{"ephemeral_5m_input_tokens":4,'
    '"ephemeral_1h_input_tokens":5,"ephemeral_9d":6},"server_tool_use":{"web_search_requests":7} }'
)
ODD_BUCKET = (
    '{"starting_at":"2026-10-21T00:00:00Z" ,"ending_at":"2026-10-22T00:00:00Z","new":{"a":1.10},'
    ' "results":[' + ODD_RESULT + " ]}"
)


def test_what_nobody_knows_is_kept_to_the_byte(bench: Bench) -> None:
    page = '{"data":[%s],  "has_more" : false,"next_page":null,"data_refreshed_at":"now"}\n'
    day = page % ODD_RECORD
    bench.server.faults.add(
        Fault(path_contains="claude_code", status=200, body=day),
        Fault(path_contains="cost_report", status=200, body=page % ODD_BUCKET),
        Fault(path_contains="messages", status=200, body=page % ODD_BUCKET),
    )
    assert bench.load([DAY], REPORTS).failures == []
    assert bench.bodies() == [day]
    assert bench.bodies(COST) == bench.bodies(MESSAGES) == [ODD_BUCKET]
    assert bench.ledger()[KEY].byte_count == len(day.encode())
    assert bench.ledger(COST)[KEY].record_count == 1


def test_nothing_asked_is_nothing_done(bench: Bench) -> None:
    report = bench.load((), ())
    assert (report.request_count, report.failures, report.loaded) == (0, [], {})
    counts = bench.rows("select distinct estimated_size from duckdb_tables()")
    assert counts == [(0,)]


@pytest.mark.parametrize("key", ["20261118", "731004112", "current", "wrkspc_01", "2026-13-01"])
def test_only_days_have_a_window_in_time(bench: Bench, key: str) -> None:
    failures = [ledger.WindowFailure("github", "commits", one, "no") for one in (key, "2026-10-21")]
    with bench.opened() as connection:
        warehouse.prepare(connection)
        ledger.note_failures(connection, failures, run_id="run")
        assert ledger.first_day(connection, "github") == DAY
    assert bench.ledger("commits", "github")[key].window_start is None
