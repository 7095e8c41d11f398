"""A backfill into a warehouse that has days already: older days, a failed one, a restated one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from claude_usage.headless import Headless, Outcome
from demo_api import DemoServer, Fault
from ingestion.anthropic import endpoints
from ingestion.raw import RawTable
from orchestration import automation
from orchestration.assets.backfill import KEY
from orchestration.assets.results import asset_key
from orchestration.partitions import daily, past_days, range_tags
from tests.orchestration.conftest import DAYS, FIRST, Built, Place
from tests.orchestration.stack import days

OLDEST, BROKEN = "2026-10-08", "2026-10-09"
# The first day that is stored, which its source has restated since.
RESTATED = str(FIRST)
CHOSEN = days(OLDEST, RESTATED)
WHOLE = [day for day in CHOSEN if day != BROKEN]
ADDED_TOKENS = 1_000_000

COMMITS = "select min(committed_at)::date::varchar, count(*) from marts.fct_commits"
GITHUB_STARTS = """
select distinct window_start::date::varchar from raw_github.completeness_ledger
where endpoint in ('commits', 'pull_requests')
"""
OUTPUT = f"""
select sum(output_tokens) from marts.fct_message_usage_daily where usage_date = '{RESTATED}'
"""


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        return connection.execute(sql).fetchall()


@dataclass(frozen=True)
class Backfilled:
    """A place after such a backfill and what the sensor launched then, and figures from before."""

    place: Place
    load: Outcome
    builds: list[Outcome]
    output_before: Decimal
    commits_before: tuple[object, ...]

    def published(self, sql: str) -> list[tuple[object, ...]]:
        return rows(self.place.published, sql)

    def days_by_status(self, key: dg.AssetKey) -> dict[str, set[str]]:
        partitions = past_days if key == KEY else daily
        instance = self.place.headless.instance
        found = instance.get_status_by_partition(key, CHOSEN, partitions) or {}
        shown: dict[str, set[str]] = {}
        for day, status in found.items():
            if status is not None:
                shown.setdefault(status.name, set()).add(day)
        return shown

    def metadata(self, key: dg.AssetKey, day: str) -> dict[str, object]:
        records = self.place.headless.instance.fetch_materializations(
            dg.AssetRecordsFilter(key, asset_partitions=[day]), limit=1
        ).records
        shown = records[0].asset_materialization
        assert shown is not None
        return {name: value.value for name, value in shown.metadata.items()}


def launched_by_the_sensor(place: Place) -> list[Outcome]:
    """Run what the sensor asks for until it asks for nothing."""
    outcomes: list[Outcome] = []
    context = dg.build_sensor_context(instance=place.headless.instance)
    while automation.build_after_loads.evaluate_tick(context).run_requests and len(outcomes) < 3:
        outcomes.append(place.headless.run(automation.build_after_loads.job_name, "build"))
    return outcomes


@pytest.fixture(scope="module")
def backfilled(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backfilled]:
    folder = tmp_path_factory.mktemp("backfilled") / "copy"
    shutil.copytree(built.place.folder, folder, symlinks=True)
    # Refused with 400, which is not tried again.
    refusal = Fault(
        status=400,
        path_contains="usage_report/claude_code",
        query_contains=f"starting_at={BROKEN}",
        times=None,
    )
    with (
        dg.DagsterInstance.ephemeral() as instance,
        DemoServer(faults=[refusal]) as server,
        pytest.MonkeyPatch.context() as patch,
    ):
        place = replace(
            built.place,
            folder=folder,
            headless=Headless(instance, built.place.headless.defs),
            server_environment=server.environment,
        )
        place.set_variables(patch)
        ((output,),) = rows(place.published, OUTPUT)
        (commits,) = rows(place.published, COMMITS)
        server.world.restate_analytics_day(RESTATED, output=ADDED_TOKENS)
        tags = range_tags(date.fromisoformat(OLDEST), FIRST)
        load = place.headless.run("backfill", "backfill", tags=tags)
        builds = launched_by_the_sensor(place)
        yield Backfilled(place, load, builds, Decimal(str(output)), commits)


def test_the_backfill_says_which_day_failed_and_the_marts_are_built_once(
    backfilled: Backfilled,
) -> None:
    assert not backfilled.load.success
    (line,) = backfilled.load.failures
    assert BROKEN in line
    assert [outcome.failures for outcome in backfilled.builds] == [[]]


def test_a_failed_day_stays_red_and_the_others_are_published(backfilled: Backfilled) -> None:
    published = backfilled.published(
        "select distinct usage_date::varchar from marts.fct_claude_code_activity_daily"
    )

    red_and_green = {"MATERIALIZED": set(WHOLE), "FAILED": {BROKEN}}
    assert backfilled.days_by_status(KEY) == red_and_green
    assert backfilled.days_by_status(asset_key(endpoints.CLAUDE_CODE.table)) == red_and_green
    # Its other reports have the day, and say so.
    for table in (
        endpoints.MESSAGES_BY_MINUTE.table,
        endpoints.ANALYTICS_USAGE.table,
        endpoints.ANALYTICS_COST.table,
    ):
        assert backfilled.days_by_status(asset_key(table)) == {"MATERIALIZED": set(CHOSEN)}
    # What another report tells, or nobody, is neither.
    for table in (endpoints.MESSAGES.table, endpoints.ENTERPRISE_SUMMARIES.table):
        assert backfilled.days_by_status(asset_key(table)) == {}
    assert {day for (day,) in published} == {*WHOLE, *DAYS}


def test_a_restated_day_is_published_as_it_is_now(backfilled: Backfilled) -> None:
    ((output,),) = backfilled.published(OUTPUT)
    revised = backfilled.published(
        "select distinct window_key from marts.data_completeness"
        " where revision_count > 0 and endpoint = 'analytics_usage'"
    )

    assert Decimal(str(output)) == backfilled.output_before + ADDED_TOKENS
    assert revised == [(RESTATED,)]


def test_github_is_read_again_from_an_older_day_than_before(backfilled: Backfilled) -> None:
    ((first, count),) = backfilled.published(COMMITS)
    first_before, count_before = backfilled.commits_before

    assert first_before == RESTATED
    assert first == OLDEST
    assert int(str(count)) > int(str(count_before))
    # Up to the start that was asked for, and each commit once.
    assert rows(backfilled.place.warehouse, GITHUB_STARTS) == [(OLDEST,)]
    assert rows(
        backfilled.place.warehouse,
        "select count(*) - count(distinct (repository_id, commit_sha)) from raw_github.commits",
    ) == [(0,)]


def stored(backfilled: Backfilled, tables: tuple[RawTable, ...], day: str) -> dict[str, object]:
    """Return the rows, records and bytes that the raw tables hold of a day."""
    counted = " union all ".join(
        f"select record_count, byte_count from {table.qualified_name} where window_key = '{day}'"
        for table in tables
    )
    ((count, records, size),) = rows(
        backfilled.place.warehouse,
        f"select count(*), sum(record_count)::bigint, sum(byte_count)::bigint from ({counted})",
    )
    return {"dagster/partition_row_count": count, "records": records, "bytes": size}


@pytest.mark.parametrize("day", [OLDEST, RESTATED])
def test_each_day_shows_its_own_figures_beside_those_of_the_run(
    backfilled: Backfilled, day: str
) -> None:
    told = (
        endpoints.CLAUDE_CODE.table,
        endpoints.MESSAGES_BY_MINUTE.table,
        endpoints.ANALYTICS_USAGE.table,
        endpoints.ANALYTICS_COST.table,
        endpoints.ANALYTICS_COST_BY_GEOGRAPHY.table,
        endpoints.ANALYTICS_USAGE_BY_MINUTE.table,
    )

    for key, tables in [(KEY, told), *((asset_key(one), (one,)) for one in told)]:
        shown = backfilled.metadata(key, day)
        own = stored(backfilled, tables, day)
        assert shown.items() >= own.items(), key
        assert int(str(shown["bytes_of_the_load"])) > int(str(own["bytes"])), key


def test_days_of_one_report_show_their_own_figures_too(built: Built) -> None:
    key = asset_key(endpoints.CLAUDE_CODE.table)
    of_job = Backfilled(built.place, Outcome(True), [], Decimal(), ())

    shown = [of_job.metadata(key, day) for day in DAYS]

    for day, metadata in zip(DAYS, shown, strict=True):
        assert metadata.items() >= stored(of_job, (endpoints.CLAUDE_CODE.table,), day).items()
    assert len({metadata["bytes"] for metadata in shown}) == len(DAYS)
    assert len({metadata["bytes_of_the_load"] for metadata in shown}) == 1
