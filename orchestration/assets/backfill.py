"""Days of everything: the one asset to materialize for a backfill."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import dagster as dg

from ingestion import warehouse
from ingestion.loading import LoadReport, TableLoad
from ingestion.raw import RawTable
from ingestion.settings import Settings
from orchestration.assets.anthropic import REPORTS, LoadedDays, directories_of, read_days
from orchestration.assets.github import read_repositories, tables_of
from orchestration.assets.results import (
    OWNERS,
    asset_key,
    day_metadata,
    fail_for,
    kept_by,
    load_metadata,
    materializations,
    take_back,
    take_on,
)
from orchestration.partitions import partition_days, past_days

KEY = dg.AssetKey(["backfill", "days"])


@dg.multi_asset(
    name="days",
    specs=[
        dg.AssetSpec(
            KEY,
            group_name="backfill",
            kinds={"dlt", "duckdb"},
            owners=OWNERS,
            tags={"layer": "raw"},
            partitions_def=past_days,
            skippable=True,
            description="To backfill, materialize days of this: all reports of these days that"
            " there are, directories as they are now, and GitHub from the first of them on, in one"
            " run. A day is green when each report that tells it has it whole. Marts and published"
            " file follow by themselves.",
        )
    ],
    # All days of a backfill are one run.
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def days(context: dg.AssetExecutionContext) -> Iterator[dg.AssetMaterialization]:
    chosen = partition_days(context.partition_keys)
    settings = Settings()
    with warehouse.writing(settings.warehouse_path):
        asked = {table.name: chosen for table in REPORTS}
        loaded = read_days(context, settings, asked, directories=True)
        yield from _anthropic(context, loaded, chosen)
        reports = [loaded.report]
        if settings.has_github:
            github = read_repositories(context, settings, str(min(chosen)))
            yield from materializations(github, tables_of(github, settings))
            yield from kept_by(github)
            reports.append(github)
    fail_for(*reports)


def _anthropic(
    context: dg.AssetExecutionContext, loaded: LoadedDays, chosen: Sequence[date]
) -> Iterator[dg.AssetMaterialization]:
    report, complete = loaded.report, loaded.complete
    of_run = load_metadata(report, _sum(report))
    whole = {
        day: tables
        for day, tables in _told_by(report, chosen).items()
        if all(day in complete[table] for table in tables)
    }
    for day, tables in whole.items():
        own = day_metadata(complete[table][day] for table in tables)
        yield dg.AssetMaterialization(KEY, partition=str(day), metadata={**of_run, **own})
    yield from materializations(report, REPORTS, chosen, complete)
    yield from materializations(report, directories_of(report))
    yield from kept_by(report)
    if report.failures:
        red = {table: sorted(set(chosen).intersection(loaded.failed[table])) for table in REPORTS}
        for table, failed in red.items():
            take_on(context.instance, asset_key(table), failed, context.run)
        settled = whole.keys() | {day for failed in red.values() for day in failed}
        take_back(context.instance, KEY, sorted(set(chosen) - settled))


def _told_by(report: LoadReport, chosen: Sequence[date]) -> Mapping[date, list[RawTable]]:
    """Return the reports that were asked for each day, of the days that any was asked for."""
    found: dict[date, list[RawTable]] = {}
    for table in REPORTS:
        for day in report.asked.get(table.name, ()):
            found.setdefault(day, []).append(table)
    return {day: found[day] for day in chosen if day in found}


def _sum(report: LoadReport) -> TableLoad:
    found = TableLoad()
    for one in report.loaded.values():
        found = found.plus(
            windows=one.windows, pages=one.pages, records=one.records, bytes=one.bytes
        )
    return found
