"""A load of GitHub that is killed at any moment: marks, versions and members are whole or not."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
from ingestion_bench import QUICK, Bench
from kill_runs import forkserver_of, run_for

from ingestion.github.load import load_github
from ingestion.settings import Settings

START = date(2026, 10, 20)
KILLS = 6


def load_whole(settings: Settings, run_id: str) -> None:
    load_github(settings, run_id=run_id, start=START, retry=QUICK)


@pytest.fixture(scope="module")
def forkserver() -> ForkServerContext:
    return forkserver_of("test_github_killed")


def assert_honest(bench: Bench) -> None:
    """What the ledger says is stored is stored, and versions are those of what is stored."""
    bench.close()
    tables = bench.rows("select schema_name || '.' || table_name from duckdb_tables()")
    if ("raw_github.entity_versions",) not in tables:
        return
    for endpoint, key in (
        ("commits", "repository_id"),
        ("pull_requests", "repository_id"),
        ("organization_members", "organization"),
    ):
        for window, counted in bench.ledger(endpoint, "github").items():
            ((found, runs),) = bench.rows(
                f"select count(*), list(distinct run_id) from raw_github.{endpoint}"
                f" where {key}::varchar = ?",
                window,
            )
            assert counted.status == "complete"
            assert counted.record_count == found
            assert found == 0 or endpoint != "organization_members" or len(runs) == 1
    for directory, key, where in (
        ("repositories", "repository_id", "is_active"),
        ("organization_members", "member_id", "true"),
    ):
        current = bench.rows(
            "select entity_id from raw_github.entity_versions"
            " where directory = ? and valid_to is null order by entity_id",
            directory,
        )
        stored = bench.rows(
            f"select {key}::varchar from raw_github.{directory} where {where} order by all"
        )
        assert current == stored
    bench.close()


@pytest.mark.soak
def test_a_killed_load_of_github_is_made_good_by_the_next(
    own: Bench,
    forkserver: ForkServerContext,
    settings_for: Callable[..., Settings],
    tmp_path: Path,
) -> None:
    undisturbed = Bench(
        own.server, settings_for(own.server, warehouse_path=tmp_path / "undisturbed.duckdb")
    )
    whole, code = run_for(forkserver, load_whole, undisturbed.settings, "whole", None)
    assert code == 0
    chance = random.Random(20261124)
    moments = [whole * (i + chance.random()) / KILLS for i in range(KILLS)]
    chance.shuffle(moments)
    codes = []
    world = own.server.world
    for number, moment in enumerate(moments):
        if number == KILLS // 2:
            load_whole(own.settings, "between")
            world.force_push("larkfield/storefront", drop=2)
            world.merge_old_branch("larkfield/billing-service", days_old=10)
            world.rename_repository("larkfield/mobile-app", "app")
            world.delete_repository("larkfield/data-platform")
            world.remove_member("larkfield", "anovak-lf")
            world.add_member("larkfield", "new-colleague", 5)
        codes.append(run_for(forkserver, load_whole, own.settings, f"killed-{number}", moment)[1])
        assert_honest(own)
    assert codes.count(-9) >= KILLS // 2
    load_whole(own.settings, "last")
    assert_honest(own)
    undisturbed.settings.warehouse_path.unlink()
    load_whole(undisturbed.settings, "fresh")
    now, wanted = own.snapshot("github"), undisturbed.snapshot("github")
    # A repository that is gone keeps its rows, which a first load does not have.
    kept = own.server.github.repositories
    ids = {one.database_id for one in kept} | {str(one.database_id) for one in kept}
    for table in ("commits", "pull_requests", "repositories"):
        name = f"github.{table}"
        assert [row for row in now[name] if row[0] in ids] == wanted[name]
    for table in ("organization_members", "entity_versions"):
        assert now[f"github.{table}"] == wanted[f"github.{table}"]
    undisturbed.close()
