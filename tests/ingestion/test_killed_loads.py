"""A load that is killed at any moment promises nothing it has not stored, and loses nothing."""

from __future__ import annotations

import multiprocessing
import random
import time
from collections.abc import Callable
from datetime import date
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import pytest
from ingestion_bench import CLAUDE_CODE, COST, DAYS, MESSAGES, QUICK, Bench

from ingestion.anthropic.load import load_anthropic
from ingestion.github.load import load_github
from ingestion.settings import Settings

START = date(2026, 10, 15)
KILLS = 6


def load_everything(settings: Settings, run_id: str) -> None:
    load_anthropic(
        settings,
        run_id=run_id,
        report_days=dict.fromkeys((CLAUDE_CODE, MESSAGES, COST), DAYS),
        retry=QUICK,
    )
    load_github(settings, run_id=run_id, start=START, retry=QUICK)


@pytest.fixture(scope="module")
def forkserver() -> ForkServerContext:
    """Children begin with everything imported: their time is the load's."""
    context = multiprocessing.get_context("forkserver")
    # What dlt imports only when it loads, too.
    late = ["dlt.destinations.impl.duckdb.duck", "dlt.common.libs.pyarrow", "pyarrow.parquet"]
    context.set_forkserver_preload(["test_killed_loads", *late])
    first = context.Process(target=time.sleep, args=(0,))
    first.start()
    first.join()
    return context


def run_for(
    context: ForkServerContext, settings: Settings, run_id: str, seconds: float | None
) -> tuple[float, int | None]:
    """Load in a process of its own, killed after ``seconds``; return its time and exit code."""
    process = context.Process(target=load_everything, args=(settings, run_id))
    begun = time.monotonic()
    process.start()
    process.join(seconds)
    if process.is_alive():
        process.kill()
        process.join()
    return time.monotonic() - begun, process.exitcode


def assert_honest(bench: Bench) -> None:
    """Each window that is said to be complete is stored to its last page, with these counts."""
    bench.close()
    tables = bench.rows("select schema_name || '.' || table_name from duckdb_tables()")
    if ("raw_github.completeness_ledger",) not in tables:
        return
    for endpoint in (CLAUDE_CODE, MESSAGES, COST, "users", "workspaces", "workspace_members"):
        for key, counted in bench.ledger(endpoint).items():
            found = bench.rows(
                "select count(*), sum(record_count), sum(byte_count), sum(strlen(body)),"
                " bool_or(is_last_page), max(page_number), any_value(run_id)"
                f" from raw_anthropic.{endpoint} where window_key = ?",
                key,
            )
            pages, records, size, measured, has_last, last, run_id = found[0]
            assert counted.status == "complete"
            assert (has_last, last, measured) == (True, pages, size), (endpoint, key)
            # A run that died before it could count leaves what it read again, whole as well.
            if run_id == counted.run_id:
                assert (counted.page_count, counted.record_count) == (pages, records)
                assert counted.byte_count == size
    for endpoint in ("commits", "pull_requests"):
        for key, counted in bench.ledger(endpoint, "github").items():
            found = bench.rows(
                f"select count(*) from raw_github.{endpoint} where repository_id = ?", int(key)
            )
            # More may be stored than counted, by a run that died before it could count.
            assert found[0][0] >= counted.record_count
    heads = {
        str(r.database_id): r.head
        for r in bench.server.github.repositories
        if r.head and r.commits[r.head].committed_date >= str(START)
    }
    for key, counted in bench.ledger("commits", "github").items():
        if counted.high_water_mark == heads.get(key, ""):
            query = "select 1 from raw_github.commits where commit_sha = ?"
            assert bench.rows(query, counted.high_water_mark) == [(1,)]


def test_a_killed_load_is_made_good_by_the_next(
    own: Bench,
    forkserver: ForkServerContext,
    settings_for: Callable[..., Settings],
    tmp_path: Path,
    record_property: Callable[[str, Any], None],
) -> None:
    only = {"github_org": None, "github_repos": "larkfield/billing-service,larkfield/storefront"}
    own.settings = settings_for(own.server, **only)
    undisturbed = Bench(
        own.server, settings_for(own.server, warehouse_path=tmp_path / "undisturbed.duckdb", **only)
    )
    whole, code = run_for(forkserver, undisturbed.settings, "whole", None)
    assert code == 0
    chance = random.Random(20261123)
    # In strata, so that each part of a load is hit; the last kills hit a load over old rows.
    moments = [whole * (i + chance.random()) / KILLS for i in range(KILLS)]
    chance.shuffle(moments)
    codes = []
    for number, moment in enumerate(moments):
        if number == KILLS // 2:
            own.close()
            load_everything(own.settings, "between")
            own.server.world.revise_day(str(DAYS[0]), keep=2)
            own.server.world.revise_cost_day(str(DAYS[1]))
            own.server.world.merge_old_branch("larkfield/billing-service", days_old=10)
            own.server.world.force_push("larkfield/storefront", drop=2)
        codes.append(run_for(forkserver, own.settings, f"killed-{number}", moment)[1])
        assert_honest(own)
        own.close()
    record_property("exit_codes", codes)
    assert codes.count(-9) >= KILLS // 2
    load_everything(own.settings, "last")
    assert_honest(own)
    undisturbed.settings.warehouse_path.unlink()
    load_everything(undisturbed.settings, "fresh")
    assert own.snapshot("anthropic", "github") == undisturbed.snapshot("anthropic", "github")
    undisturbed.close()
