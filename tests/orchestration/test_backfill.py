"""Backfills as a user launches them: through the webserver, run by the daemon."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
import httpx
import pytest

from demo_api import DemoServer
from demo_api.faults import Fault
from orchestration import automation
from tests.orchestration.stack import Backfill, Stack, days

REPORTS = ("usage_report_claude_code", "usage_report_messages", "cost_report")
KEYS = [("raw_anthropic", name) for name in REPORTS]
# Of the week, too: a report that tells its days in the place of another, and one without a key.
ANALYTICS, ENTERPRISE = "analytics_usage", "enterprise_summaries"
KEYS_OF_WEEK = [*KEYS, ("raw_anthropic", ANALYTICS), ("raw_anthropic", ENTERPRISE)]

MONTH = days("2026-09-01", "2026-09-30")
WEEK = days("2026-10-05", "2026-10-11")
BROKEN_DAY = "2026-10-08"


@dataclass(frozen=True)
class Ended:
    """Two backfills that have ended: a month without faults, a week with a day that is refused."""

    month: Backfill
    week: Backfill
    green: dict[str, set[str]]
    red: dict[str, set[str]]
    jobs: set[str]
    server: DemoServer
    stack: Stack

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(self.stack.warehouse), read_only=True) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ended]:
    # Refused with 400, which is not tried again.
    refusal = Fault(
        status=400,
        path_contains="usage_report/claude_code",
        query_contains=f"starting_at={BROKEN_DAY}",
        times=None,
    )
    with DemoServer(faults=[refusal]) as server:
        stack = Stack(tmp_path_factory.mktemp("stack"), server.environment)
        with stack.running():
            # Else the marts would be built, which is the other files' matter.
            stack.switch_off("build_after_loads")
            month, week = stack.launch(KEYS, MONTH), stack.launch(KEYS_OF_WEEK, WEEK)
            ended_month, ended_week = stack.wait(month), stack.wait(week)
            shown = {key[1]: stack.days(key) for key in KEYS_OF_WEEK}
            jobs = {job for job, _ in stack.runs()}
        green = {name: found.get("MATERIALIZED", set()) for name, found in shown.items()}
        red = {name: found.get("FAILED", set()) for name, found in shown.items()}
        yield Ended(ended_month, ended_week, green, red, jobs, server, stack)


def test_a_backfill_of_thirty_days_is_one_run(ended: Ended) -> None:
    assert ended.month.status == "COMPLETED_SUCCESS"
    assert list(ended.month.runs.values()) == ["SUCCESS"]


def test_a_backfill_of_single_reports_is_a_load_that_the_marts_follow(ended: Ended) -> None:
    assert ended.jobs <= set(automation.LOADS)
    assert not ended.stack.published.exists(), "the sensor was switched off"


@pytest.mark.parametrize("report", REPORTS)
def test_all_days_of_a_backfill_are_stored_counted_and_green(ended: Ended, report: str) -> None:
    stored = ended.rows(f"select distinct window_key from raw_anthropic.{report}")
    counted = ended.rows(
        "select window_key from raw_anthropic.completeness_ledger"
        f" where endpoint = '{report}' and status = 'complete'"
    )

    assert {day for (day,) in stored} >= set(MONTH)
    assert {day for (day,) in counted} >= set(MONTH)
    assert ended.green[report] >= set(MONTH)


def test_a_backfill_asks_for_each_day_once(ended: Ended) -> None:
    asked = [
        one.query.split("starting_at=")[1][:10]
        for one in ended.server.requests
        if one.path.endswith("usage_report/claude_code") and "page=" not in one.query
    ]

    assert sorted(asked) == sorted(MONTH + WEEK)


def test_a_backfill_with_a_failed_day_has_failed(ended: Ended) -> None:
    assert ended.week.status == "COMPLETED_FAILED"
    assert list(ended.week.runs.values()) == ["FAILURE"]


def test_only_the_failed_day_is_red(ended: Ended) -> None:
    claude_code, messages, cost = REPORTS

    assert ended.red == {
        claude_code: {BROKEN_DAY},
        messages: set(),
        cost: set(),
        ANALYTICS: set(),
        ENTERPRISE: set(),
    }
    assert ended.green == {
        claude_code: {*MONTH, *WEEK} - {BROKEN_DAY},
        messages: set(MONTH),
        cost: {*MONTH, *WEEK},
        ANALYTICS: set(WEEK),
        ENTERPRISE: set(),
    }


def test_a_failed_day_keeps_no_other_day_from_being_stored(ended: Ended) -> None:
    counted = ended.rows(
        "select endpoint, window_key, status, error is not null"
        " from raw_anthropic.completeness_ledger where window_key in "
        f"{tuple(WEEK)} and (status <> 'complete' or error is not null)"
    )
    stored = ended.rows(
        "select count(*), count(*) filter (window_key = '2026-10-08')"
        " from raw_anthropic.usage_report_claude_code where window_key >= '2026-10-05'"
    )

    assert counted == [(REPORTS[0], BROKEN_DAY, "failed", True)]
    assert stored == [(len(WEEK) - 1, 0)]


def test_ctrl_c_ends_the_webserver_and_the_daemon(ended: Ended) -> None:
    log = (ended.stack.folder / "dev.log").read_text()

    assert "Dagster services shut down." in log
    with pytest.raises(httpx.ConnectError):
        ended.stack.ask("query { version }")
