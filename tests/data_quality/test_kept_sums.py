"""Sums of raw answers that are kept from one run of the checks to the next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from data_quality import CheckError, run_suites, suite_of
from data_quality.raw_summaries import KEPT

ACTIVITY = suite_of("fct_claude_code_activity_daily")
LATER = "fetched_at = fetched_at + interval 1 hour"


def change(path: Path, *statements: str) -> None:
    with duckdb.connect(str(path)) as connection:
        for statement in statements:
            connection.execute(statement)


def kept(sums: Path) -> dict[str, list[tuple[Any, ...]]]:
    with duckdb.connect(str(sums), read_only=True) as connection:
        return {name: connection.execute(f"from {name} order by all").fetchall() for name in KEPT}


def test_answers_are_parsed_when_they_are_new(warehouse: Path, tmp_path: Path) -> None:
    sums = tmp_path / "sums.duckdb"
    run_suites(warehouse, (ACTIVITY,), sums_path=sums)
    # Who changes a body without a new reading is not heard; who reads it again is.
    change(warehouse, "update raw_anthropic.usage_report_claude_code set body = left(body, 150)")
    assert all(one.passed for one in run_suites(warehouse, (ACTIVITY,), sums_path=sums))
    change(warehouse, f"update raw_anthropic.usage_report_claude_code set {LATER}")
    with pytest.raises(CheckError):
        run_suites(warehouse, (ACTIVITY,), sums_path=sums)


CHANGES = (
    # A day is read again, is emptied, is gone, is taken from the other report.
    f"update raw_anthropic.cost_report set {LATER}, body = replace(body, '3.75', '4.75')"
    " where window_key = '2026-11-01'",
    f"update raw_anthropic.usage_report_messages set {LATER},"
    """ body = '{"results": []}' where window_key = '2026-11-02'""",
    "delete from raw_anthropic.enterprise_user_activity",
    "delete from raw_anthropic.completeness_ledger where endpoint = 'analytics_cost'",
    # It has one page more.
    "insert into raw_anthropic.usage_report_claude_code"
    " select * replace (2 as page_number) from raw_anthropic.usage_report_claude_code limit 1",
    "update raw_github.commits set left_default_branch_at = now() where commit_sha = 'aaa'",
    "update raw_github.pull_requests set run_id = 'next', body = replace(body, '50', '51')"
    " where pull_request_number = 2",
)


def test_what_is_kept_is_what_a_first_run_would_sum(warehouse: Path, tmp_path: Path) -> None:
    sums, fresh = tmp_path / "sums.duckdb", tmp_path / "fresh.duckdb"
    run_suites(warehouse, sums_path=sums)
    before = kept(sums)
    change(warehouse, *CHANGES)
    run_suites(warehouse, sums_path=sums)
    run_suites(warehouse, sums_path=fresh)
    after = kept(sums)
    assert after == kept(fresh)
    assert [name for name in KEPT if after[name] == before[name]] == []


def test_what_other_queries_summed_is_summed_anew(warehouse: Path, tmp_path: Path) -> None:
    sums = tmp_path / "sums.duckdb"
    run_suites(warehouse, sums_path=sums)
    before = kept(sums)
    change(
        sums,
        "update cost_days set billed_cost_cents = 0",
        "comment on table cost_days is 'made by an earlier version'",
    )
    run_suites(warehouse, sums_path=sums)
    assert kept(sums) == before
