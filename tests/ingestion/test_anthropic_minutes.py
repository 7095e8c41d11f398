"""Usage by minute: a day is one request of all its minutes, stored as answered."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from ingestion_bench import DAYS, EMPTY_DAY, Bench, assert_names

from demo_api import Fault

MINUTES = "usage_report_messages_by_minute"
DAY = DAYS[1]
KEY = str(DAY)
TOKENS = ("uncached_input_tokens", "cache_read_input_tokens", "output_tokens")


def buckets(bench: Bench, key: str) -> list[dict[str, Any]]:
    return [bucket for body in bench.bodies(MINUTES, key) for bucket in json.loads(body)["data"]]


def test_a_day_is_one_request_of_1440_minutes(bench: Bench) -> None:
    report = bench.load(DAYS, (MINUTES,))
    assert set(report.loaded) == {MINUTES}
    assert bench.statuses(MINUTES) == {str(day): "complete" for day in DAYS}
    asked = [parse_qs(query) for query in bench.asked("usage_report/messages")]
    assert len(asked) == len(DAYS)
    assert all(query["bucket_width"] == ["1m"] for query in asked)
    assert all(query["limit"] == ["1440"] for query in asked)
    assert asked[0]["group_by[]"] == ["workspace_id", "model", "service_tier"]
    for day in DAYS:
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        minutes = [
            datetime.fromisoformat(bucket["starting_at"]) for bucket in buckets(bench, str(day))
        ]
        assert minutes == [start + timedelta(minutes=place) for place in range(1440)]
        assert bench.ledger(MINUTES)[str(day)].record_count == 1440


def test_minutes_add_up_to_the_day(bench: Bench) -> None:
    bench.load([DAY], (MINUTES, "usage_report_messages"))
    results = [result for bucket in buckets(bench, KEY) for result in bucket["results"]]
    day = json.loads(bench.bodies("usage_report_messages", KEY)[0])["results"]
    assert len({bucket["starting_at"] for bucket in buckets(bench, KEY) if bucket["results"]}) > 20
    for name in TOKENS:
        assert sum(one[name] for one in results) == sum(one[name] for one in day) > 0


def test_an_empty_day_is_complete(bench: Bench) -> None:
    bench.load([EMPTY_DAY], (MINUTES,))
    assert not any(bucket["results"] for bucket in buckets(bench, str(EMPTY_DAY)))
    assert bench.statuses(MINUTES) == {str(EMPTY_DAY): "complete"}


def test_a_changed_minute_is_a_revision(own: Bench) -> None:
    own.load([DAY], (MINUTES,))
    own.server.world.revise_cost_day(KEY, keep=1)
    own.load([DAY], (MINUTES,))
    changes = own.revisions(MINUTES)
    assert changes
    assert own.ledger(MINUTES)[KEY].revision_count == 1


BUCKET = {"ending_at": "2026-10-21T00:01:00Z", "results": []}


@pytest.mark.parametrize(
    ("starts", "problem"),
    [
        (["2026-10-19T00:00:00Z"], "2026-10-19 00:00 was answered and not asked for"),
        ([f"{KEY}T00:05:00Z", f"{KEY}T00:05:00Z"], f"{KEY} 00:05 was answered twice"),
        ([f"{KEY}T00:05:00"], "a bucket is not of the documented shape"),
    ],
)
def test_minutes_that_were_not_asked_for_fail_the_day(
    own: Bench, starts: list[str], problem: str
) -> None:
    body = {
        "data": [BUCKET | {"starting_at": start} for start in starts],
        "has_more": False,
        "next_page": None,
    }
    own.server.faults.add(Fault(path_contains="messages", status=200, body=body, times=None))
    own.load([DAY], (MINUTES,))
    counted = own.ledger(MINUTES)[KEY]
    assert counted.status == "failed"
    assert_names(counted.error, MINUTES, KEY, problem)
