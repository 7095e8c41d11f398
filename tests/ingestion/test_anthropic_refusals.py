"""What the Admin API refuses: keys, scopes, limits, spend caps, redirects."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date

import pytest
from ingestion_bench import (
    CLAUDE_CODE,
    CONSOLE_DIRECTORIES,
    COST,
    DAYS,
    MESSAGES,
    QUICK,
    Bench,
    assert_names,
    seconds,
)

from demo_api import DemoServer, Fault
from ingestion.anthropic.load import load_anthropic
from ingestion.errors import ConfigurationError
from ingestion.http import RetryPolicy

REPORTS = (CLAUDE_CODE, MESSAGES, COST)
DIRECTORIES = tuple(table.name for table in CONSOLE_DIRECTORIES)
FIVE_DAYS = [date(2026, 10, day) for day in range(19, 24)]


def test_without_a_key_nothing_is_asked_and_the_variable_is_named(
    bench: Bench, settings_for
) -> None:
    settings = settings_for(bench.server, anthropic_admin_key=None)
    with pytest.raises(ConfigurationError, match="ANTHROPIC_ADMIN_KEY") as caught:
        load_anthropic(settings, run_id="run", report_days={CLAUDE_CODE: DAYS})
    assert "\n" not in str(caught.value)
    assert bench.server.requests == []
    assert not settings.warehouse_path.exists()


@pytest.mark.parametrize(
    ("status", "told"), [(401, "invalid x-api-key"), (402, "billing"), (403, "Missing scopes")]
)
def test_a_refused_key_costs_one_request_and_one_message_per_endpoint(
    bench: Bench, caplog: pytest.LogCaptureFixture, status: int, told: str
) -> None:
    error = {"type": "error", "error": {"type": "refusal", "message": told, "details": None}}
    bench.server.faults.add(Fault(status=status, body=error, times=None))
    report = bench.load(FIVE_DAYS, REPORTS, directories=True)
    counts = Counter(request.path for request in bench.server.requests)
    assert set(counts.values()) == {1}
    assert len(counts) == report.request_count == 8
    assert report.loaded == {}
    # Rate limits are of use and no more: a key that never could read them lacks nothing.
    optional = {"rate_limits", "workspace_rate_limits"} if status == 403 else set()
    assert report.failed_tables() == {*REPORTS, *DIRECTORIES} - optional
    assert {one.endpoint for one in report.not_offered} == optional
    for endpoint in REPORTS:
        ledger = bench.ledger(endpoint)
        assert list(ledger) == [str(day) for day in FIVE_DAYS]
        assert {one.status for one in ledger.values()} == {"failed"}
        # The first request's answer stands for all of them.
        (error,) = {one.error for one in ledger.values()}
        assert_names(error, endpoint, "2026-10-19", f"HTTP {status}", told, "req_011Demo")
        assert ledger["2026-10-20"].window_start.date() == date(2026, 10, 20)
        assert ledger["2026-10-20"].record_count is None
    for endpoint in (*REPORTS, *DIRECTORIES):
        assert bench.rows(f"select count(*) from raw_anthropic.{endpoint}") == [(0,)]
    logged = [r for r in caplog.records if r.levelname == "ERROR" and "HTTP" in r.message]
    assert len(logged) == 8 - len(optional) // 2


def test_one_endpoint_without_scope_leaves_the_others(bench: Bench) -> None:
    bench.server.faults.add(Fault(path_contains="cost_report", status=403, times=None))
    report = bench.load(tables=REPORTS)
    assert report.failed_tables() == {COST}
    assert len(bench.asked("cost_report")) == 1
    assert set(bench.statuses(COST).values()) == {"failed"}
    assert set(bench.statuses(MESSAGES).values()) == {"complete"}
    assert set(bench.statuses(CLAUDE_CODE).values()) == {"complete"}
    assert bench.pages(COST) == []
    assert len(bench.pages(MESSAGES)) == 3
    error = bench.ledger(COST)["2026-10-20"].error
    assert_names(error, "cost_report [2026-10-20..2026-10-22]", "HTTP 403", "req_011DemoFault")


def test_a_route_that_is_absent_is_asked_for_once(bench: Bench) -> None:
    bench.server.faults.add(Fault(path_contains="claude_code", status=404, times=None))
    report = bench.load(FIVE_DAYS)
    assert report.request_count == 1
    assert len(report.failures) == 5
    assert bench.pages() == []
    assert_names(bench.ledger()["2026-10-23"].error, CLAUDE_CODE, "HTTP 404", "req_011DemoFault")


def test_a_key_that_works_again_clears_the_failures(bench: Bench) -> None:
    bench.server.faults.add(Fault(status=401, times=None))
    bench.load(DAYS[:1], directories=True)
    assert bench.statuses("workspace_members") == {"current": "failed"}
    bench.server.faults.clear()
    report = bench.load(DAYS[:1], directories=True)
    assert report.failures == []
    problems = bench.rows(
        "select endpoint, window_key, error from raw_anthropic.completeness_ledger"
        " where error is not null or status <> 'complete'"
    )
    assert problems == []
    assert len(bench.ledger("workspace_members")) == 3
    assert len(bench.ledger("workspace_rate_limits")) == 3


def test_a_workspace_that_is_gone_fails_alone_and_is_forgotten(own: Bench) -> None:
    first = sorted(w.workspace_id for w in own.server.organisation.workspaces if not w.archived_at)
    own.server.faults.add(
        Fault(path_contains=f"{first[0]}/members", status=404),
        Fault(path_contains=f"{first[1]}/members", status=404),
    )
    report = own.load((), (), directories=True)
    gone = {failure.window_key for failure in report.failures}
    assert report.failed_tables() == {"workspace_members"}
    assert gone <= set(first)
    assert set(own.statuses("workspace_members").values()) == {"failed", "complete"}
    for workspace in own.server.organisation.workspaces:
        if workspace.workspace_id in gone:
            workspace.archived_at = "2026-10-31T00:00:00Z"
    assert own.load((), (), directories=True).failures == []
    assert "failed" not in own.statuses("workspace_members").values()


NOW = seconds(2026, 11, 20) + 0.8


def test_a_limit_is_waited_for_as_told_and_never_into_the_past(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    told: dict[str, tuple[dict[str, str], float | None]] = {
        "2026-10-17": ({"retry-after": "0.2"}, 0.2),
        "2026-10-18": ({"retry-after": "Fri, 20 Nov 2026 00:00:01 GMT"}, 0.2),
        "2026-10-19": ({}, None),
        "2026-10-20": ({"retry-after": "Thu, 19 Nov 2026 00:00:01 GMT"}, None),
        "2026-10-21": ({"anthropic-ratelimit-requests-reset": "2026-11-19T23:59:00Z"}, None),
        "2026-10-22": ({"anthropic-ratelimit-requests-reset": "2026-11-20T00:00:01Z"}, 1.2),
        "2026-10-23": (
            {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW) - 60)},
            None,
        ),
    }
    for day, (headers, _) in told.items():
        bench.server.faults.add(Fault(query_contains=day, status=429, headers=headers))
    report = bench.load([date.fromisoformat(day) for day in told], now=lambda: NOW)
    assert report.failures == []
    assert report.request_count == 2 * len(told)
    assert bench.statuses() == dict.fromkeys(told, "complete")
    assert [page[0] for page in bench.pages()] == list(told)
    lines = [r.message for r in caplog.records if r.message.startswith("try 1 failed")]
    assert len(lines) == len(told)
    for day, (_, expected) in told.items():
        (line,) = [line for line in lines if f"{CLAUDE_CODE} [{day}]" in line]
        assert_names(line, "HTTP 429", "req_011DemoFault")
        wait = float(line.split("waiting ")[1].split(" s")[0])
        assert wait == pytest.approx(expected, abs=0.06) if expected else wait < 0.1


def test_a_spend_cap_is_not_tried_again(bench: Bench) -> None:
    error = {
        "type": "rate_limit_error",
        "message": "This organization has reached its spend limit",
        "details": {"error_code": "enforced_spend_limit_reached"},
    }
    body = {"type": "error", "error": error, "request_id": "req_011DemoFault"}
    cap = Fault(
        path_contains="claude_code", query_contains="10-21", status=429, body=body, times=None
    )
    bench.server.faults.add(cap)
    report = bench.load()
    assert cap.strikes == 1
    assert bench.statuses() == {
        "2026-10-20": "complete",
        "2026-10-21": "failed",
        "2026-10-22": "complete",
    }
    assert [page[0] for page in bench.pages()] == ["2026-10-20", "2026-10-22"]
    (failure,) = report.failures
    where = f"{CLAUDE_CODE} [2026-10-21]"
    assert_names(failure.error, where, "spend limit", "req_011DemoFault", "Waiting does not help")


def test_a_limit_that_only_speaks_of_a_spend_limit_is_a_limit_like_others(bench: Bench) -> None:
    message = "not enforced_spend_limit_reached, but too fast"
    body = {"type": "error", "error": {"type": "rate_limit_error", "message": message}}
    limit = Fault(status=429, body=body, times=2)
    bench.server.faults.add(limit)
    assert bench.load(DAYS[:1]).failures == []
    assert limit.strikes == 2


@pytest.mark.parametrize(
    ("told", "status", "strikes"), [("false", 503, 1), ("true", 409, 2), ("true", 404, 2)]
)
def test_a_server_that_says_whether_to_try_again_is_obeyed(
    bench: Bench, told: str, status: int, strikes: int
) -> None:
    fault = Fault(status=status, headers={"x-should-retry": told}, times=2)
    bench.server.faults.add(fault)
    report = bench.load(DAYS[:1])
    assert fault.strikes == strikes
    assert len(report.failures) == (1 if told == "false" else 0)


def test_a_limit_that_asks_for_too_long_a_wait_is_a_failure(bench: Bench) -> None:
    fault = Fault(status=429, headers={"retry-after": "86400"}, times=None, query_contains="10-21")
    bench.server.faults.add(fault)
    report = bench.load()
    assert fault.strikes == 1
    (failure,) = report.failures
    assert_names(failure.error, "[2026-10-21]", "wait 86400 s", "req_011DemoFault")
    assert bench.statuses()["2026-10-21"] == "failed"
    assert len(bench.pages()) == 2


def test_a_wait_after_a_server_error_is_bounded_too(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.server.faults.add(Fault(status=503, headers={"retry-after": "86400"}))
    retry = RetryPolicy(attempts=2, first_wait=0.01, longest_wait=0.01, longest_server_wait=0.1)
    assert bench.load(DAYS[:1], retry=retry).failures == []
    assert "waiting 0.1 s" in caplog.text
    assert bench.statuses() == {"2026-10-20": "complete"}
    assert len(bench.pages()) == 1


def test_a_redirect_is_not_followed_and_the_key_stays_with_its_host(bench: Bench) -> None:
    with DemoServer() as elsewhere:
        path = "/v1/organizations/usage_report/claude_code?starting_at=2026-10-21"
        bench.server.faults.add(
            *(
                Fault(status=status, headers={"location": elsewhere.url + path})
                for status in (301, 302, 307, 308)
            )
        )
        report = bench.load([*DAYS, date(2026, 10, 23)])
        assert elsewhere.requests == []
    assert report.request_count == 4
    assert set(bench.statuses().values()) == {"failed"}
    assert bench.pages() == []
    for failure in report.failures:
        assert_names(failure.error, CLAUDE_CODE, failure.window_key, "redirect", "req_011DemoFault")


def test_what_a_server_says_is_masked_in_failures(bench: Bench) -> None:
    key = "-".join(("sk", "ant", "admin01", "leaked"))
    said = f"key {key} of ada@example.com is over its limit\nsee your bill"
    error = {"type": "invalid_request_error", "message": said}
    bench.server.faults.add(Fault(status=400, body=json.dumps({"error": error}), times=None))
    report = bench.load(DAYS[:1], retry=QUICK)
    (failure,) = report.failures
    assert_names(failure.error, "HTTP 400", "<secret>", "<mail>", "req_011DemoFault")
    assert bench.ledger()["2026-10-20"].error == failure.error
    assert bench.pages() == []
