"""Usage and cost of a Console organisation from two APIs: which is read, and what lands."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from ingestion_bench import (
    CLAUDE_CODE,
    COST,
    DAYS,
    EMPTY_DAY,
    MESSAGES,
    QUICK,
    Bench,
    assert_names,
    assert_without_secrets,
    seconds,
)

from demo_api import Fault
from ingestion.anthropic.capabilities import capabilities
from ingestion.windows import Days

USAGE, NEW_COST = "analytics_usage", "analytics_cost"
FAMILIES = (MESSAGES, COST, USAGE, NEW_COST)
KEYS = [str(day) for day in DAYS]


def rows_of(bench: Bench, table: str) -> list[tuple[str, dict[str, Any]]]:
    """Return (window_key, row) of all rows that are stored."""
    found = bench.rows(f"select window_key, body from raw_anthropic.{table} order by all")
    return [(key, row) for key, body in found for row in json.loads(body)["data"]]


def test_a_key_that_may_read_the_new_reports_reads_them_and_not_the_old(bench: Bench) -> None:
    report = bench.load([*DAYS, EMPTY_DAY], FAMILIES)
    assert (report.failures, report.not_offered) == ([], [])
    # A probe each, and a range for each run of days.
    assert len(bench.asked("analytics/usage")) == len(bench.asked("analytics/cost")) == 3
    assert bench.asked("usage_report") == bench.asked("cost_report") == []
    assert report.asked == {USAGE: [EMPTY_DAY, *DAYS], NEW_COST: [EMPTY_DAY, *DAYS]}
    truth = bench.server.truth().analytics
    cents: Counter[str] = Counter()
    for key, row in rows_of(bench, NEW_COST):
        assert row["starting_at"] == f"{key}T00:00:00Z"
        assert row["group"]["token_type"] or row["group"]["cost_type"] != "tokens"
        cents[key] += Decimal(row["cost"]["amount"])
    tokens: Counter[str] = Counter()
    for key, row in rows_of(bench, USAGE):
        tokens[key] += row["usage"]["total_tokens"]
    for key in KEYS:
        paid = sum(value for (_, day, _), value in truth.cents.items() if day == key)
        # Six places in each of some hundred rows.
        assert abs(cents[key] - paid) < Decimal("0.001")
        used = sum(value for (_, day, _), value in truth.tokens.items() if day == key)
        assert tokens[key] == used
    empty = str(EMPTY_DAY)
    assert bench.bodies(USAGE, empty) == ['{"data":[]}']
    assert bench.ledger(USAGE)[empty].record_count == 0
    assert bench.statuses(NEW_COST) == dict.fromkeys([empty, *KEYS], "complete")


def test_what_was_asked_and_how_fresh_it_is_stand_beside_the_rows(bench: Bench) -> None:
    bench.load(DAYS, (USAGE,))
    (query,) = bench.asked("analytics/usage")
    (sent,) = [one for one in bench.server.requests if "analytics" in one.path]
    assert sent.headers["anthropic-beta"] == "analytics-usage-cost-2026-08-24"
    assert sent.headers["anthropic-version"] == "2026-10-21"
    assert sent.headers["user-agent"].startswith("claude-usage/")
    stored = bench.rows(
        f"select distinct request_path, request_query, api_version from raw_anthropic.{USAGE}"
    )
    assert stored == [("/v1/organizations/analytics/usage", query, "2026-10-21")]
    assert "order_by=time&order=asc&group_by[]=actor&group_by[]=api_key_id" in query
    told = bench.rows(f"select min(data_refreshed_at), max(window_end) from raw_anthropic.{USAGE}")
    assert told[0][0] > told[0][1]


def test_rows_of_several_pages_are_the_rows_of_their_days(own: Bench) -> None:
    usage = own.server.organisation.usage
    for key in KEYS:
        rows = list(usage[key])
        # As many distinct rows as need a second page, whose first day is the first page's last.
        usage[key] = [
            replace(row, api_key_id=f"apikey_{number}") for number in range(14) for row in rows
        ]
    report = own.load(DAYS, (USAGE,))
    assert report.failures == []
    queries = own.asked("analytics/usage")
    assert len(queries) > 1
    found = rows_of(own, USAGE)
    assert len(found) == own.rows(f"select sum(record_count) from raw_anthropic.{USAGE}")[0][0]
    assert {row["starting_at"][:10] for _, row in found} == set(KEYS)
    assert all(row["starting_at"].startswith(key) for key, row in found)
    pages = own.pages(USAGE)
    assert len(pages) > len(KEYS)
    for key in KEYS:
        mine = [page for page in pages if page[0] == key]
        assert [page[1] for page in mine] == list(range(1, len(mine) + 1))
        assert [page[2] for page in mine] == [False] * (len(mine) - 1) + [True]
    # One after another gives the same as all at once.
    bodies = Counter(json.dumps(row) for _, row in found)
    for day in DAYS:
        own.load([day], (USAGE,))
    assert Counter(json.dumps(row) for _, row in rows_of(own, USAGE)) == bodies


def test_ranges_are_as_long_as_memory_allows(own: Bench) -> None:
    usage, days = own.server.organisation.usage, list(Days(date(2026, 10, 1), date(2026, 10, 21)))
    busy = usage[KEYS[0]]
    for day in days:
        usage[str(day)] = [
            replace(row, day=str(day), api_key_id=f"apikey_{number}")
            for number in range(900 // len(busy))
            for row in busy
        ]
    assert own.load(days, (USAGE,)).failures == []
    asked = Counter(query.partition("&time_bucket")[0] for query in own.asked("analytics/usage"))
    lengths = [
        (date.fromisoformat(end[:10]) - date.fromisoformat(start[:10])).days
        for start, end in (
            query.removeprefix("starting_at=").split("&ending_at=") for query in asked
        )
    ]
    # A week to see how heavy a day is, then not all of the others at once.
    assert lengths[0] == 7
    assert sum(lengths) == len(days)
    assert max(lengths[1:]) < len(days) - 7
    assert own.statuses(USAGE) == {str(day): "complete" for day in days}


@pytest.mark.parametrize("status", [403, 404, 400])
def test_a_key_that_may_not_read_the_new_reports_reads_the_old_and_is_told_why(
    bench: Bench, status: int
) -> None:
    bench.server.faults.add(Fault(path_contains="analytics/", status=status, times=None))
    report = bench.load(DAYS, FAMILIES)
    assert report.failures == []
    assert set(report.loaded) == set(report.asked) == {MESSAGES, COST}
    assert bench.statuses(COST) == bench.statuses(MESSAGES) == dict.fromkeys(KEYS, "complete")
    assert bench.ledger(USAGE) == bench.ledger(NEW_COST) == {}
    assert {one.endpoint for one in report.not_offered} == {USAGE, NEW_COST}
    for one in report.not_offered:
        assert_names(str(one), f"HTTP {status}", "req_011DemoFault")
    assert len(bench.asked("analytics/")) == 2


def test_the_new_reports_that_are_down_leave_the_day_to_the_old(bench: Bench) -> None:
    bench.server.faults.add(Fault(path_contains="analytics/cost", status=529, times=None))
    report = bench.load(DAYS, FAMILIES)
    assert report.failures == []
    assert set(report.loaded) == {USAGE, COST}


def test_a_report_that_is_asked_alone_is_read_as_asked(own: Bench) -> None:
    report = own.load(DAYS, (COST, USAGE))
    assert set(report.asked) == {COST, USAGE}
    own.server.world.set_console_analytics(False)
    report = own.load(DAYS, (NEW_COST,))
    assert report.failed_tables() == {NEW_COST}
    assert set(own.statuses(NEW_COST).values()) == {"failed"}


def test_what_one_report_could_not_tell_is_no_failure_once_the_other_has(own: Bench) -> None:
    own.server.world.set_console_analytics(False)
    own.server.faults.add(Fault(path_contains="cost_report", status=500, times=None))
    assert own.load(DAYS, FAMILIES).failed_tables() == {COST}
    own.server.world.set_console_analytics(True)
    assert own.load(DAYS[:2], FAMILIES).failures == []
    assert own.statuses(COST) == {KEYS[2]: "failed"}
    assert own.statuses(NEW_COST) == dict.fromkeys(KEYS[:2], "complete")


def test_each_day_is_read_from_the_report_that_can_answer_it(bench: Bench) -> None:
    now = seconds(2027, 2, 1, 12)
    first = date(2025, 12, 30)
    days = list(Days(first, date(2026, 1, 3)))
    report = bench.load(days, (COST, NEW_COST), now=lambda: seconds(2026, 10, 1))
    assert report.asked == {COST: days[:2], NEW_COST: days[2:]}
    # Later, what is 365 days old goes to the old report too.
    old, new = date(2026, 2, 1), date(2026, 2, 2)
    report = bench.load([old, new], (COST, NEW_COST), now=lambda: now)
    assert report.asked == {COST: [old], NEW_COST: [new]}
    # Alone it cannot be asked for more than it knows.
    report = bench.load(days, (NEW_COST,), now=lambda: seconds(2026, 10, 1))
    assert report.asked == {NEW_COST: days[2:]}
    assert_names(str(report.not_offered[0]), NEW_COST, "2026-01-01", "2025-12-30..2025-12-31")


def test_a_day_is_complete_when_the_source_says_that_its_figures_are(own: Bench) -> None:
    midnight = datetime(2026, 10, 22, tzinfo=UTC)
    own.server.world.hold_analytics(midnight - timedelta(hours=1))
    own.load(DAYS, (USAGE,))
    assert own.statuses(USAGE) == {KEYS[0]: "complete", KEYS[1]: "partial", KEYS[2]: "partial"}
    # Nothing covers the day yet: no rows, and null.
    assert own.rows(
        f"select data_refreshed_at, record_count from raw_anthropic.{USAGE} where window_key = ?",
        KEYS[2],
    ) == [(midnight - timedelta(hours=1), 0)]
    own.load([DAYS[2]], (USAGE,))
    assert own.rows(
        f"select data_refreshed_at from raw_anthropic.{USAGE} where window_key = ?", KEYS[2]
    ) == [(None,)]
    own.server.world.hold_analytics(midnight)
    own.load(DAYS, (USAGE,))
    assert own.statuses(USAGE) == {KEYS[0]: "complete", KEYS[1]: "complete", KEYS[2]: "partial"}
    assert own.revisions(USAGE) == []
    own.server.world.hold_analytics(None)
    own.load(DAYS, (USAGE,))
    assert set(own.statuses(USAGE).values()) == {"complete"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            lambda row: {**row, "starting_at": "2026-10-25T00:00:00Z",
                         "ending_at": "2026-10-26T00:00:00Z"},
            "2026-10-25 was answered and not asked for",
        ),
        (lambda row: {**row, "starting_at": None}, "a row is not of the documented shape"),
        (lambda row: {**row, "starting_at": "2026-10-20T00:00:00"}, "not of the documented shape"),
    ],
    ids=["another day", "no day", "no zone"],
)  # fmt: skip
def test_a_row_that_is_of_no_day_asked_for_fails_the_range(
    bench: Bench, change: Callable[[dict[str, Any]], dict[str, Any]], told: str
) -> None:
    def edit(document: dict[str, Any]) -> dict[str, Any]:
        first, *rest = document["data"]
        return {**document, "data": [change(first), *rest]}

    bench.server.faults.add(Fault("edit", path_contains="analytics/cost", edit=edit, times=None))
    report = bench.load(DAYS, (NEW_COST,))
    assert bench.pages(NEW_COST) == []
    assert set(bench.statuses(NEW_COST).values()) == {"failed"}
    assert_names(report.failures[0].error, "analytics_cost [2026-10-20..2026-10-22]", told)


def test_figures_that_are_refreshed_while_they_are_paged_are_read_from_the_start(
    own: Bench,
) -> None:
    usage = own.server.organisation.usage
    for key in KEYS:
        usage[key] = [
            replace(row, api_key_id=f"apikey_{number}")
            for number in range(14)
            for row in usage[key]
        ]
    own.load(DAYS, (USAGE,))
    undisturbed = own.snapshot("anthropic")
    asked = len(own.server.requests)
    refreshed: list[str] = []

    def refresh(document: dict[str, Any]) -> dict[str, Any]:
        own.server.world.refresh_analytics()
        refreshed.append(document["next_page"])
        return document

    # Once behind the first page: the second answers 410.
    own.server.faults.add(Fault("edit", path_contains="analytics/usage", edit=refresh))
    assert own.load(DAYS, (USAGE,)).failures == []
    assert len(refreshed) == 1
    assert refreshed[0] is not None
    assert len(own.server.requests) == asked * 2 + 2
    assert own.snapshot("anthropic") == undisturbed
    assert own.revisions(USAGE) == []


def test_the_reports_that_will_be_read_are_named_with_the_reason(both: Bench) -> None:
    found = asyncio.run(capabilities(both.settings))
    assert [(one.source, one.family, one.table.name) for one in found] == [
        ("Claude Console", "claude code", CLAUDE_CODE),
        ("Claude Console", "usage", USAGE),
        ("Claude Console", "usage by minute", "usage_report_messages_by_minute"),
        ("Claude Console", "cost", NEW_COST),
        ("Claude Enterprise", "activity", "enterprise_user_activity"),
        ("Claude Enterprise", "summaries", "enterprise_summaries"),
        ("Claude Enterprise", "usage", "enterprise_usage"),
        ("Claude Enterprise", "cost", "enterprise_cost"),
    ]
    assert [one.problem for one in found] == [None] * 8
    assert len(both.server.requests) == 8
    assert_names(found[3].why, "the key may read analytics/cost", "cost_report for the days before")

    both.server.world.set_console_analytics(False)
    both.server.faults.add(Fault(path_contains="usage_report/messages", status=500, times=None))
    usage, minutes, cost = asyncio.run(capabilities(both.settings, retry=QUICK))[1:4]
    assert (usage.table.name, cost.table.name) == (MESSAGES, COST)
    assert_names(usage.why, "the key may not read analytics/usage", "HTTP 403", "read:analytics")
    for one in (usage, minutes):
        assert_names(one.problem or "", "HTTP 500", "req_011DemoFault")
    assert cost.problem is None
    for one in (usage, cost):
        assert_without_secrets(one.why + (one.problem or ""), both.server)


def test_a_report_that_wants_another_beta_is_a_report_that_is_not_there(bench: Bench) -> None:
    """The header names a beta; when it is over, the old reports go on."""
    message = "anthropic-beta: This endpoint requires analytics-usage-cost-2027-01-01"
    body = {"type": "error", "error": {"type": "invalid_request_error", "message": message}}
    bench.server.faults.add(Fault(path_contains="analytics/", status=400, body=body, times=None))
    report = bench.load(DAYS, FAMILIES)
    assert report.failures == []
    assert set(report.loaded) == {MESSAGES, COST}
    assert all("2027-01-01" in one.reason for one in report.not_offered)
