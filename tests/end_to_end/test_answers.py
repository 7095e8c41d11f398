"""A record of another shape, through the command: one line, and all else is published."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import duckdb

from demo_api import DemoServer, Fault
from tests.end_to_end.conftest import FIRST, LAST, Place

DAY = "2026-10-07"


def spoil(document: dict[str, Any]) -> dict[str, Any]:
    document["data"][0]["core_metrics"]["num_sessions"] = "seven"
    return document


def test_a_day_that_is_not_as_documented_costs_nothing_else(
    two_days: Place, tmp_path: Path, server: DemoServer
) -> None:
    shutil.copytree(two_days.folder, tmp_path, symlinks=True, dirs_exist_ok=True)
    place = Place(tmp_path, server)
    query = f"starting_at={DAY}&"
    server.faults.add(
        Fault("edit", path_contains="claude_code", query_contains=query, edit=spoil, times=None)
    )
    try:
        finished = place.run("run", "--start", FIRST, "--end", DAY, "--source", "anthropic")
    finally:
        server.faults.clear()

    assert finished.returncode == 1, finished.stderr
    (line,) = [text for text in finished.stderr.splitlines() if "not as documented" in text]
    for part in (
        f"usage_report_claude_code [{DAY}]",
        "Expected `int`, got `str` - at `$.data[0].core_metrics.num_sessions`",
        "request id req_011Demo",
        f"`claude-usage run --start {DAY} --end {DAY} --source anthropic`",
    ):
        assert part in line
    with duckdb.connect(str(place.published), read_only=True) as published:
        assert days_of(published, "fct_claude_code_activity_daily") == [FIRST, LAST]
        assert days_of(published, "fct_message_usage_daily") == [FIRST, LAST, DAY]
        assert days_of(published, "fct_billed_costs_daily") == [FIRST, LAST, DAY]
        statuses = published.execute(
            "select endpoint, completeness_status from marts.data_completeness"
            " where window_key = ? and completeness_status <> 'complete'",
            [DAY],
        ).fetchall()
        assert statuses == [("usage_report_claude_code", "failed")]


def days_of(published: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    found = published.execute(
        f"select distinct usage_date::varchar from marts.{table} order by all"
    ).fetchall()
    return [day for (day,) in found]
