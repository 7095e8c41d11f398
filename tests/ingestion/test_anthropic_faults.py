"""Servers that fail for a while or for good, and answers that are not what they should be."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from ingestion_bench import CLAUDE_CODE, COST, DAYS, MESSAGES, Bench, assert_names

from demo_api import Fault

Edit = Callable[[dict[str, Any]], dict[str, Any]]

KINDS = {
    "2026-10-01": Fault(status=500),
    "2026-10-02": Fault(status=503),
    "2026-10-05": Fault(status=529),
    "2026-10-06": Fault("html", status=520),
    "2026-10-07": Fault("html", status=200),
    "2026-10-08": Fault("truncate"),
    "2026-10-09": Fault("drop_mid_body"),
    "2026-10-12": Fault("disconnect"),
    "2026-10-13": Fault(status=429),
    "2026-10-14": Fault(status=408),
    "2026-10-15": Fault(status=200, headers={"content-encoding": "gzip"}, body="not packed"),
}
KIND_DAYS = [date.fromisoformat(day) for day in KINDS]


def strike(bench: Bench, *, times: int | None) -> None:
    """Let each day's request fail in its own way."""
    for day, fault in KINDS.items():
        fault.path_contains, fault.query_contains = "claude_code", f"starting_at={day}"
        fault.times, fault.strikes = times, 0
        bench.server.faults.add(fault)


def test_a_fault_that_passes_costs_tries_and_nothing_else(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.load(KIND_DAYS)
    undisturbed = bench.snapshot("anthropic")
    bench.rows(f"delete from raw_anthropic.{CLAUDE_CODE} returning 1")
    strike(bench, times=2)
    report = bench.load(KIND_DAYS)
    assert report.failures == []
    assert report.request_count == 3 * len(KINDS)
    assert bench.snapshot("anthropic") == undisturbed
    assert set(bench.statuses().values()) == {"complete"}
    assert not [r for r in caplog.records if r.levelname == "ERROR" and r.name != "dlt"]


def test_a_fault_that_stays_fails_its_own_window_and_no_other(bench: Bench) -> None:
    strike(bench, times=None)
    whole = date(2026, 10, 16)
    report = bench.load([*KIND_DAYS, whole], (CLAUDE_CODE, COST, MESSAGES))
    assert report.failed_tables() == {CLAUDE_CODE}
    ledger = bench.ledger()
    assert {key for key, one in ledger.items() if one.status == "failed"} == set(KINDS)
    assert ledger[str(whole)].status == "complete"
    assert [page[0] for page in bench.pages()] == [str(whole)]
    for endpoint in (COST, MESSAGES):
        assert set(bench.statuses(endpoint).values()) == {"complete"}
        assert len(bench.pages(endpoint)) == len(KINDS) + 1
    parts = {
        "2026-10-01": ("HTTP 500", "api_error", "req_011DemoFault"),
        "2026-10-02": ("HTTP 503", "req_011DemoFault"),
        "2026-10-05": ("HTTP 529", "overloaded_error", "req_011DemoFault"),
        "2026-10-06": ("HTTP 520", "text/html", "req_011DemoFault"),
        "2026-10-07": ("HTTP 200", "not whole JSON", "text/html", "req_011DemoFault"),
        "2026-10-08": ("HTTP 200", "not whole JSON", "req_011Demo0"),
        "2026-10-09": ("no whole answer (RemoteProtocolError)", "request id none"),
        "2026-10-12": ("no whole answer", "request id none"),
        "2026-10-13": ("HTTP 429", "rate_limit_error", "req_011DemoFault"),
        "2026-10-14": ("HTTP 408", "req_011DemoFault"),
        "2026-10-15": ("no whole answer (DecodingError)",),
    }
    for failure in report.failures:
        assert failure.error == ledger[failure.window_key].error
        where = f"{CLAUDE_CODE} [{failure.window_key}]"
        assert_names(failure.error, where, *parts[failure.window_key])


def test_what_failed_is_read_by_the_next_run_and_its_error_goes(bench: Bench) -> None:
    fault = Fault(path_contains="claude_code", query_contains="10-21", times=None)
    bench.server.faults.add(fault)
    bench.load()
    assert bench.statuses()["2026-10-21"] == "failed"
    bench.server.faults.clear()
    bench.load(DAYS[1:2])
    ledger = bench.ledger()
    assert set(ledger) == {str(day) for day in DAYS}
    assert {(one.status, one.error) for one in ledger.values()} == {("complete", None)}
    assert len(bench.pages()) == 3


def without(name: str) -> Edit:
    def edit(document: dict[str, Any]) -> dict[str, Any]:
        del document[name]
        return document

    return edit


def changed(**values: Any) -> Edit:
    return lambda document: {**document, **values}


def test_an_answer_of_another_shape_is_not_tried_again_and_not_stored(bench: Bench) -> None:
    edits = {
        "2026-10-19": (without("has_more"), "missing required field `has_more`"),
        "2026-10-20": (without("data"), "missing required field `data`"),
        "2026-10-21": (changed(data={}), "Expected `array`, got `object`"),
        "2026-10-22": (changed(has_more=True), "there is more, but no cursor to it"),
        "2026-10-23": (lambda document: document["data"], "Expected `object`, got `array`"),
    }
    for day, (edit, _) in edits.items():
        query = f"starting_at={day}"
        bench.server.faults.add(Fault("edit", edit=edit, query_contains=query, times=None))
    report = bench.load([date.fromisoformat(day) for day in edits])
    assert report.request_count == len(edits)
    assert bench.statuses() == dict.fromkeys(edits, "failed")
    assert bench.pages() == []
    for failure in report.failures:
        told = edits[failure.window_key][1]
        where = f"{CLAUDE_CODE} [{failure.window_key}]"
        assert_names(failure.error, where, told, "req_011Demo0", "Nothing of it was stored")


def buckets(change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> Edit:
    return lambda document: {**document, "data": change(document["data"])}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda data: data[:1] + data[2:], "no bucket for 2026-10-21"),
        (lambda data: [*data, {**data[0], "starting_at": "2026-10-25T00:00:00Z"}], "not asked for"),
        (lambda data: [*data, data[1]], "the bucket of 2026-10-21 was answered twice"),
        (lambda data: [{"results": one["results"]} for one in data], "field `starting_at`"),
    ],
    ids=["one is missing", "one too many", "one twice", "no day"],
)
def test_daily_buckets_are_the_days_asked_for_or_none_is_stored(
    bench: Bench, change: Callable[[Any], Any], told: str
) -> None:
    fault = Fault("edit", path_contains="cost_report", edit=buckets(change), times=None)
    bench.server.faults.add(fault)
    report = bench.load(tables=(COST, MESSAGES))
    assert fault.strikes == 1
    assert bench.pages(COST) == []
    assert set(bench.statuses(COST).values()) == {"failed"}
    assert set(bench.statuses(MESSAGES).values()) == {"complete"}
    assert {failure.window_key for failure in report.failures} == {str(day) for day in DAYS}
    where = "cost_report [2026-10-20..2026-10-22]"
    assert_names(bench.ledger(COST)["2026-10-22"].error, where, told, "req_011Demo0")


def test_text_that_is_not_utf8_fails_its_window_and_no_other(bench: Bench, settings_for) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            mark = b"\xff" if "10-21" in self.path else b"x"
            body = b'{"data":[],"has_more":false,"next_page":null,"note":"' + mark + b'"}'
            self.send_response(200)
            self.send_header("request-id", "req_utf8")
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        report = bench.load(settings=settings_for(bench.server, anthropic_base_url=url))
        server.shutdown()
        thread.join()
    assert bench.statuses() == {
        "2026-10-20": "complete",
        "2026-10-21": "failed",
        "2026-10-22": "complete",
    }
    assert bench.bodies(window_key="2026-10-21") == []
    (failure,) = report.failures
    assert_names(failure.error, "[2026-10-21]", "not whole JSON", "req_utf8")
