"""Days of everything: the one asset to materialize for a backfill."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import dagster as dg

from ingestion import warehouse
from ingestion.loading import TableLoad
from ingestion.raw import RawTable
from ingestion.settings import Settings
from ingestion.source import Source
from ingestion.sources import SOURCES
from orchestration.assets.news import offered, read_news
from orchestration.assets.reports import LoadedDays, listed, read_days
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
        loaded = [
            read_days(
                context,
                source,
                settings,
                {report.table.name: chosen for report in source.reports},
                directories=True,
            )
            for source in _with_days(settings)
        ]
        yield from _days(context, loaded, chosen)
        reports = [one.report for one in loaded]
        for source in SOURCES:
            if not source.reports and source.configured(settings):
                news = read_news(context, source, settings, min(chosen))
                yield from materializations(news, offered(source, news))
                yield from kept_by(news)
                reports.append(news)
    fail_for(*reports)


def _with_days(settings: Settings) -> list[Source]:
    """Return the sources with days that there is a key of; where there is none, one says so."""
    found = [source for source in SOURCES if source.reports]
    return [source for source in found if source.configured(settings)] or found[:1]


def _days(
    context: dg.AssetExecutionContext, loaded: Sequence[LoadedDays], chosen: Sequence[date]
) -> Iterator[dg.AssetMaterialization]:
    complete = {table: days for one in loaded for table, days in one.complete.items()}
    whole = {
        day: tables
        for day, tables in _tables_by(loaded, chosen).items()
        if all(day in complete[table] for table in tables)
    }
    for day, tables in whole.items():
        own = day_metadata(complete[table][day] for table in tables)
        metadata = {**_of_run(loaded), **own}
        yield dg.AssetMaterialization(KEY, partition=str(day), metadata=metadata)
    for one in loaded:
        yield from materializations(one.report, one.complete, chosen, one.complete)
        yield from materializations(one.report, listed(one.source, one.report))
        yield from kept_by(one.report)
    if any(one.report.failures for one in loaded):
        red = {
            table: sorted(set(chosen).intersection(days))
            for one in loaded
            for table, days in one.failed.items()
        }
        for table, failed in red.items():
            take_on(context.instance, asset_key(table), failed, context.run)
        settled = whole.keys() | {day for failed in red.values() for day in failed}
        take_back(context.instance, KEY, sorted(set(chosen) - settled))


def _tables_by(
    loaded: Sequence[LoadedDays], chosen: Sequence[date]
) -> Mapping[date, list[RawTable]]:
    """Return the reports that were asked for each day, of the days that any was asked for."""
    found: dict[date, list[RawTable]] = {}
    for one in loaded:
        for table in one.complete:
            for day in one.report.asked.get(table.name, ()):
                found.setdefault(day, []).append(table)
    return {day: found[day] for day in chosen if day in found}


def _of_run(loaded: Sequence[LoadedDays]) -> dict[str, Any]:
    found, requests = TableLoad(), 0
    for one in loaded:
        requests += one.report.request_count
        for table in one.report.loaded.values():
            found = found.plus(
                windows=table.windows, pages=table.pages, records=table.records, bytes=table.bytes
            )
    return load_metadata(found, requests)
