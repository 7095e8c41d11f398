"""A load that is killed at any moment promises nothing it has not stored, and loses nothing."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import pytest
from ingestion_bench import DAYS, NO_BOUND, QUICK, REPORT_TABLES, TABLES, Bench
from kill_runs import forkserver_of, run_for

from ingestion import raw
from ingestion.anthropic.load import load_anthropic
from ingestion.settings import Settings

KILLS = 20
REPORTS = tuple(table.name for table in REPORT_TABLES)
PAGES = tuple(table.name for table in TABLES if table.schema == raw.PAGES)
# A past reading: of a report's day, at a time between two loads.
Readings = dict[tuple[str, str, datetime], Counter[str]]


def load_everything(settings: Settings, run_id: str) -> None:
    """Load every report and directory of both organisations."""
    load_anthropic(
        settings,
        run_id=run_id,
        report_days=dict.fromkeys(REPORTS, DAYS),
        retry=QUICK,
        enterprise_requests_a_minute=NO_BOUND,
    )


@pytest.fixture(scope="module")
def forkserver() -> ForkServerContext:
    return forkserver_of("test_killed_loads")


def assert_honest(bench: Bench) -> None:
    """What is said to be complete is stored, and what was before is told without a gap."""
    bench.close()
    tables = bench.rows("select schema_name || '.' || table_name from duckdb_tables()")
    if ("raw_anthropic.entity_versions",) not in tables:
        return
    _assert_pages(bench)
    _assert_versions(bench)


def _assert_pages(bench: Bench) -> None:
    """Each window is stored to its last page, with the counts that the ledger has."""
    counts = (
        "select window_key, count(distinct page_number), sum(record_count), sum(byte_count),"
        " sum(strlen(body)), bool_or(is_last_page), max(page_number), any_value(run_id)"
        " from raw_anthropic.{} group by window_key"
    )
    for endpoint in PAGES:
        stored = {key: found for key, *found in bench.rows(counts.format(endpoint))}
        ledger = bench.ledger(endpoint)
        assert set(stored) == set(ledger)
        for key, counted in ledger.items():
            pages, records, size, measured, has_last, last, run_id = stored[key]
            assert (has_last, last, measured) == (True, pages, size), (endpoint, key)
            assert counted[:4] == ("complete", pages, records, size)
            assert counted.run_id == run_id


def _assert_versions(bench: Bench) -> None:
    """Versions of an entity follow one another, and the current ones are those that are stored."""
    overlaps = bench.rows(
        """
        select directory, scope, entity_id from (
            select *, lead(valid_from) over (
                partition by directory, scope, entity_id order by valid_from
            ) as next_from
            from raw_anthropic.entity_versions
        )
        where valid_to < valid_from or coalesce(valid_to, 'infinity') > next_from
        """
    )
    assert overlaps == []
    for directory, scopes, count in bench.rows(
        "select directory, count(distinct scope), count(*) from raw_anthropic.entity_versions"
        " where valid_to is null group by directory"
    ):
        kept = f"select scope from raw_anthropic.entity_versions where directory = '{directory}'"
        assert bench.rows(
            f"select count(distinct window_key), sum(record_count) from raw_anthropic.{directory}"
            f" where window_key in ({kept} and valid_to is null)"
        ) == [(scopes, count)]


def read_all(bench: Bench) -> Readings:
    """Return what each report says of each day now."""
    now = datetime.now(UTC)
    return {
        (table, str(day), now): bench.reading(table, str(day)) for table in REPORTS for day in DAYS
    }


def change_something(bench: Bench, number: int) -> None:
    """Let the world go on: one of several changes, another each time."""
    world, day = bench.server.world, str(DAYS[number % 3])
    people = [one for one in bench.server.organisation.people if one.is_in_directory]
    seats = [one for one in bench.server.organisation.enterprise.seats if one.is_listed]
    changes: list[Callable[[], Any]] = [
        lambda: world.restate_analytics_day(day, output=number + 1),
        lambda: world.restate_enterprise_day(day),
        lambda: world.revise_day(day, keep=20 - number),
        lambda: world.restate_enterprise_usage_day(day),
        lambda: world.remove_user(people[0].email),
        lambda: world.remove_enterprise_member(seats[-1].email or ""),
        lambda: world.rename_user(people[1].email, f"Name {number}"),
        lambda: world.remove_group_member("Engineering", seats[0].email or ""),
    ]
    changes[number % len(changes)]()


@pytest.mark.soak
def test_a_killed_load_is_made_good_by_the_next(
    both: Bench,
    forkserver: ForkServerContext,
    tmp_path: Path,
    record_property: Callable[[str, Any], None],
) -> None:
    path = {"warehouse_path": tmp_path / "undisturbed.duckdb"}
    undisturbed = Bench(both.server, both.settings.model_copy(update=path))
    whole, code = run_for(forkserver, load_everything, undisturbed.settings, "whole", None)
    assert code == 0
    chance = random.Random(20261123)
    # In strata, so that each part of a load is hit; the first kills hit an empty warehouse, the
    # others a load over rows of which some have changed.
    moments = [whole * (i + chance.random()) / KILLS for i in range(KILLS)]
    chance.shuffle(moments)
    codes, past = [], Readings()
    for number, moment in enumerate(moments):
        if number == KILLS // 6:
            load_everything(both.settings, "between")
        if number >= KILLS // 6:
            assert_honest(both)
            past |= read_all(both)
            change_something(both, number)
        both.close()
        codes.append(
            run_for(forkserver, load_everything, both.settings, f"killed-{number}", moment)[1]
        )
        assert_honest(both)
        both.close()
    record_property("exit_codes", codes)
    assert codes.count(-9) >= KILLS // 2
    load_everything(both.settings, "last")
    assert_honest(both)
    for (table, key, at), reading in past.items():
        assert both.rebuilt(table, at, key) == reading, (table, key, at)
    undisturbed.settings.warehouse_path.unlink()
    load_everything(undisturbed.settings, "fresh")
    assert both.snapshot("anthropic") == undisturbed.snapshot("anthropic")
    undisturbed.close()
