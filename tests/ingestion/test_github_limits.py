"""GitHub's limits: points are kept count of, and each kind of limit is told from a plain 403."""

from __future__ import annotations

import time
from datetime import date
from typing import Any

import pytest
from ingestion_bench import Bench, assert_names, pulls, repository_id

from demo_api import DemoServer, Fault
from demo_api.github_cost import Budget
from demo_api.github_faults import MESSAGE, secondary_limit
from ingestion.github.client import Points
from ingestion.http import RetryPolicy

START = date(2026, 10, 20)
PATIENT = RetryPolicy(attempts=4, first_wait=0.01, longest_wait=0.02, longest_server_wait=10.0)


@pytest.fixture
def limited(own: Bench) -> Budget:
    """An hour of three seconds, in which 40 points are to be spent: a load takes twice as many."""
    budget = Budget(40, window_seconds=3, reset_at=time.time() + 3)
    own.server.github_api.graphql_budget = budget
    return budget


def test_a_load_waits_for_the_reset_and_runs_into_no_limit(
    own: Bench, limited: Budget, caplog: pytest.LogCaptureFixture
) -> None:
    begun = time.monotonic()
    report = own.github(START, retry=PATIENT)
    assert report.failures == []
    assert limited.refused == 0
    assert time.monotonic() - begun > 2
    assert "the hour's points are spent, waiting" in caplog.text
    assert set(own.statuses("pull_requests", "github").values()) == {"complete"}


def test_a_reset_that_is_too_far_off_is_not_waited_for(own: Bench, limited: Budget) -> None:
    limited.reset_at = time.time() + 3_000
    begun = time.monotonic()
    report = own.github(
        START, retry=RetryPolicy(attempts=2, first_wait=0.01, longest_server_wait=1)
    )
    assert time.monotonic() - begun < 60
    assert limited.refused > 0
    assert report.failures
    for failure in report.failures:
        assert_names(failure.error, " [larkfield/", "RATE_LIMITED", "only what is")
    done = own.statuses("pull_requests", "github").values()
    assert {"complete", "failed"} == set(done)


def test_points_are_counted_while_requests_are_under_way() -> None:
    points = Points(remaining=30, reset_at=1_000.0)
    page = points.cost("PullRequests")
    assert (page, points.cost("DefaultBranchCommits")) == (12, 1)
    assert points.seconds_until(page, 900.0) == 0
    # Two pages of twelve are not answered yet: six are left for a third.
    points.under_way = 24
    assert points.seconds_until(page, 900.0) == 101.0
    assert points.seconds_until(1, 900.0) == 0
    # A reset in the past is no wait, and what is left is unknown then.
    assert points.seconds_until(page, 1_000.0) == 0
    assert points.remaining is None
    assert Points().seconds_until(page, 0.0) == 0


@pytest.mark.parametrize("status", [403, 429, 200])
def test_a_secondary_limit_is_waited_for(own: Bench, status: int) -> None:
    fault = secondary_limit(retry_after=0.2, status=status, body_contains="PullRequests", times=2)
    own.server.faults.add(fault)
    begun = time.monotonic()
    assert own.github(START).failures == []
    assert fault.strikes == 2
    assert time.monotonic() - begun > 0.2


def test_a_secondary_limit_without_a_time_asks_for_a_minute(own: Bench) -> None:
    fault = secondary_limit(body_contains="PullRequests", times=None)
    own.server.faults.add(fault)
    report = own.github(START, retry=RetryPolicy(attempts=4, longest_server_wait=5.0))
    for failure in report.failures:
        assert_names(failure.error, "asks to wait 60 s", "secondary rate limit")
    assert len(report.failures) == fault.strikes == 5


def test_a_limit_under_errors_is_one_too(own: Bench) -> None:
    body: dict[str, Any] = {"errors": [{"message": MESSAGE}]}
    fault = pulls("storefront", "graphql_error", body=body, headers={"retry-after": "0.1"})
    own.server.faults.add(fault)
    assert own.github(START).failures == []
    assert fault.strikes == 1


def test_a_plain_403_is_asked_once(own: Bench) -> None:
    fault = pulls("storefront", "status", status=403, times=None)
    own.server.faults.add(fault)
    (failure,) = own.github(START).failures
    assert (failure.window_key, fault.strikes) == (repository_id(own, "storefront"), 1)
    assert_names(failure.error, "HTTP 403", "may not read this")


def test_a_limit_on_members_is_not_taken_for_a_permission(own: Bench) -> None:
    own.server.faults.add(
        secondary_limit(retry_after=0.1, path_contains="/members"),
        Fault(
            status=403,
            path_contains="/members",
            headers={"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1700000000"},
        ),
    )
    assert own.github(START).failures == []
    assert own.server.faults.pending == []
    assert own.rows("select count(*) from raw_github.organization_members") == [(39,)]


def test_a_server_that_tells_no_points_is_never_waited_for(settings_for) -> None:
    with DemoServer(rate_limit_headers=False, graphql_points=1) as server:
        bench = Bench(server, settings_for(server))
        assert bench.github(START).failures == []
        bench.close()
