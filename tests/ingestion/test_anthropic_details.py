"""Reports that tell another report's figures by another dimension: asked for where that one is."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal

import pytest
from ingestion_bench import COST, DAYS, EMPTY_DAY, MESSAGES, Bench

from demo_api import Fault

USAGE, NEW_COST = "analytics_usage", "analytics_cost"
BY_GEOGRAPHY, BY_MINUTE = "analytics_cost_by_geography", "analytics_usage_by_minute"
ALL = (MESSAGES, COST, USAGE, NEW_COST, BY_GEOGRAPHY, BY_MINUTE)
KEYS = [str(day) for day in DAYS]


def figures(bench: Bench, table: str, kind: str, name: str) -> Counter[str]:
    """Return the sum of a figure of all stored rows by day."""
    found: Counter[str] = Counter()
    for key, body in bench.rows(f"select window_key, body from raw_anthropic.{table}"):
        for row in json.loads(body)["data"]:
            found[key] += Decimal(str(row[kind][name]))
    return found


def test_details_tell_the_same_figures_as_their_report(bench: Bench) -> None:
    report = bench.load([*DAYS, EMPTY_DAY], ALL)

    assert (report.failures, report.not_offered) == ([], [])
    days = dict.fromkeys([str(EMPTY_DAY), *KEYS], "complete")
    assert bench.statuses(BY_GEOGRAPHY) == bench.statuses(BY_MINUTE) == days
    costs = figures(bench, NEW_COST, "cost", "amount")
    assert costs
    assert figures(bench, BY_GEOGRAPHY, "cost", "amount") == costs
    requests = figures(bench, USAGE, "usage", "requests")
    assert requests
    assert figures(bench, BY_MINUTE, "usage", "requests") == requests


@pytest.mark.parametrize("status", [403, 404])
def test_a_key_that_may_not_read_a_report_is_not_asked_for_its_details(
    bench: Bench, status: int
) -> None:
    bench.server.faults.add(Fault(path_contains="analytics/", status=status, times=None))

    report = bench.load(DAYS, ALL)

    assert report.failures == []
    assert set(report.asked) == {MESSAGES, COST}
    assert {one.endpoint for one in report.not_offered} == {USAGE, NEW_COST}
    # A probe each of the two reports, and none of details.
    assert len(bench.asked("analytics/")) == 2
    assert bench.ledger(BY_GEOGRAPHY) == bench.ledger(BY_MINUTE) == {}


def test_details_that_alone_are_refused_fail_nothing(bench: Bench) -> None:
    bench.server.faults.add(Fault(query_contains="inference_geo", status=403, times=None))

    report = bench.load(DAYS, ALL)

    assert report.failures == []
    assert [one.endpoint for one in report.not_offered] == [BY_GEOGRAPHY]
    assert bench.statuses(NEW_COST) == dict.fromkeys(KEYS, "complete")


def test_a_minute_that_cannot_be_read_fails_its_day_alone(bench: Bench) -> None:
    bad, good = KEYS[0], KEYS[1]
    bench.server.faults.add(Fault(query_contains=f"starting_at={bad}", status=500, times=None))

    bench.load(DAYS[:2], (BY_MINUTE,))

    assert bench.statuses(BY_MINUTE) == {bad: "failed", good: "complete"}
