"""One answer in three fails, in every way there is, and nothing is missing at the end."""

from __future__ import annotations

from datetime import date

import pytest
from ingestion_bench import DIRECTORY_TABLES, REPORT_TABLES, Bench

from demo_api.faults import storm
from ingestion.http import RetryPolicy
from ingestion.windows import Days

# The same request is struck three times running at most; a refused cursor begins again.
PATIENT = RetryPolicy(attempts=5, first_wait=0.001, longest_wait=0.002, longest_limit_wait=0.002)
DAYS = list(Days(date(2026, 10, 1), date(2026, 11, 1)))
REPORTS = tuple(table.name for table in REPORT_TABLES)


@pytest.mark.soak
@pytest.mark.parametrize(("seed", "may_read_analytics"), [(1, True), (3, False)])
def test_a_storm_costs_tries_and_nothing_else(
    both: Bench, seed: int, may_read_analytics: bool
) -> None:
    both.server.world.set_console_analytics(may_read_analytics)
    calm = Bench(
        both.server,
        both.settings.model_copy(
            update={"warehouse_path": both.settings.warehouse_path.parent / "calm.duckdb"}
        ),
    )
    assert calm.load(DAYS, REPORTS, directories=True).failures == []
    undisturbed = calm.snapshot("anthropic")
    calm.close()
    both.server.requests.clear()
    both.server.faults.set_storm(storm(seed, 0.34, cursors_expire=True))
    report = both.load(DAYS, REPORTS, directories=True, retry=PATIENT)
    struck = [kind for kind, _ in both.server.faults.struck]
    assert report.failures == []
    assert 0.2 < len(struck) / len(both.server.requests) < 0.5
    assert set(struck) == {"status", "html", "truncate", "drop_mid_body", "disconnect"}
    assert both.snapshot("anthropic") == undisturbed
    problems = both.rows(
        "select endpoint, window_key, error from raw_anthropic.completeness_ledger"
        " where error is not null or status <> 'complete'"
    )
    assert problems == []
    read = {
        one
        for (one,) in both.rows("select distinct endpoint from raw_anthropic.completeness_ledger")
    }
    usage = {
        "analytics_usage",
        "analytics_cost",
        # Details are not asked for where their report is not read.
        "analytics_usage_by_minute",
        "analytics_cost_by_geography",
    }
    legacy = {"usage_report_messages", "cost_report"}
    of_users = {"enterprise_user_usage_report", "enterprise_user_cost_report"}
    unread = of_users | (legacy if may_read_analytics else usage)
    assert read == {table.name for table in (*REPORT_TABLES, *DIRECTORY_TABLES)} - unread
    # All over again: nothing has changed, whatever order things came in.
    assert both.load(DAYS, REPORTS, directories=True, retry=PATIENT).failures == []
    assert both.snapshot("anthropic") == undisturbed
    assert both.rows("select count(*) from raw_anthropic.record_revisions") == [(0,)]
    assert both.rows(
        "select count(*) from raw_anthropic.entity_versions where valid_to is not null"
    ) == [(0,)]
