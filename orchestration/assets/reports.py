"""Raw answers of sources with days: reports by UTC day, directories as they are now."""

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import dagster as dg

from ingestion import ledger, warehouse
from ingestion.ledger import StoredDay
from ingestion.loading import LoadReport
from ingestion.plan import due_days
from ingestion.raw import RawTable
from ingestion.reports import Report
from ingestion.settings import Settings
from ingestion.source import Source, Wanted
from orchestration.assets.results import (
    DAILY,
    StoredDays,
    asset_key,
    day_metadata,
    fail_for,
    kept_by,
    raw_spec,
    results,
    take_back,
)
from orchestration.partitions import daily, partition_days

log = logging.getLogger("ingestion.progress")


def _report_spec(report: Report) -> dg.AssetSpec:
    # A report that another has taken the place of is read no more, which is no delay.
    freshness = DAILY if report.preference == 1 else None
    return raw_spec(report.table, partitions_def=daily, freshness_policy=freshness)


class ReportsConfig(dg.Config):
    """Whether to leave out the days of the range that need no reading.

    ``only_due`` reads what is missing, failed or may still be revised by its source; otherwise
    each day of the range is read again.
    """

    only_due: bool = False


def reports_of(source: Source) -> dg.AssetsDefinition:
    """Return the reports of a source as assets with a partition a day."""

    @dg.multi_asset(
        name=f"{source.name}_reports",
        specs=[_report_spec(report) for report in source.reports],
        can_subset=True,
        # All days of a backfill are one run, and that run asks for each of them.
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def reports(
        context: dg.AssetExecutionContext, config: ReportsConfig
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetMaterialization]:
        yield from _load_reports(context, source, only_due=config.only_due)

    return reports


def _load_reports(
    context: dg.AssetExecutionContext, source: Source, *, only_due: bool
) -> Iterator[dg.MaterializeResult[None] | dg.AssetMaterialization]:
    chosen = context.selected_asset_keys
    tables = [one.table for one in source.reports if asset_key(one.table) in chosen]
    days = partition_days(context.partition_keys)
    settings = Settings()
    with warehouse.writing(settings.warehouse_path):
        asked = _asked(source, settings, tables, days, only_due=only_due)
        loaded = read_days(context, source, settings, asked, directories=False)
    if loaded.report.failures:
        for table in tables:
            # What another report tells, is not over, was not asked for, or has no key is not red.
            settled = loaded.complete[table].keys() | loaded.failed[table]
            take_back(context.instance, asset_key(table), sorted(set(days) - settled))
    for table in tables:
        for day in loaded.complete[table].keys() & set(days):
            own = day_metadata([loaded.complete[table][day]])
            context.add_asset_metadata(own, asset_key(table), str(day))
    yield from results(loaded.report, tables, days, loaded.complete)
    yield from kept_by(loaded.report)
    fail_for(loaded.report)


@dataclass(frozen=True)
class LoadedDays:
    """A load of report days, and the reports' days that are whole and that have failed after it."""

    source: Source
    report: LoadReport
    complete: StoredDays
    failed: Mapping[RawTable, Collection[date]]


def read_days(
    context: dg.AssetExecutionContext,
    source: Source,
    settings: Settings,
    asked: Mapping[str, Sequence[date]],
    *,
    directories: bool,
) -> LoadedDays:
    """Load the days asked for by raw table name; say which of them were not whole."""
    wanted = Wanted(
        run_id=context.run.run_id, days=asked, directories=directories, on_progress=_tell
    )
    report = source.load(settings, wanted)
    complete: dict[RawTable, dict[date, StoredDay]] = {}
    failed: dict[RawTable, set[date]] = {}
    with warehouse.connect(settings.warehouse_path, read_only=True) as connection:
        for table in (one.table for one in source.reports):
            days = ledger.days_by_status(connection, table)
            stored = ledger.stored_days(connection, table)
            complete[table] = {day: stored[day] for day in days.get("complete", ())}
            failed[table] = days.get("failed", set())
            for day in sorted(days.get("partial", set()).intersection(asked.get(table.name, ()))):
                context.log.warning("%s: %s was not whole when it was read", table.name, day)
    return LoadedDays(source, report, complete, failed)


def _tell(table: str, done: int, total: int) -> None:
    """Log how far a table is; the command line draws bars from it."""
    progress = {"table": table, "done": done, "total": total}
    log.debug("%s: %d of %d windows", table, done, total, extra=progress)


def _asked(
    source: Source,
    settings: Settings,
    tables: Sequence[RawTable],
    days: Sequence[date],
    *,
    only_due: bool,
) -> Mapping[str, Sequence[date]]:
    if not only_due:
        return {table.name: days for table in tables}
    with warehouse.connect(settings.warehouse_path) as connection:
        warehouse.prepare(connection)
        due = due_days(source, settings, connection, now=datetime.now(UTC))
    chosen = set(days)
    return {
        table.name: [day for day in due.get(table.name, ()) if day in chosen] for table in tables
    }


def directories_of(source: Source) -> dg.AssetsDefinition:
    """Return what there is now at a source with days as assets."""

    @dg.multi_asset(
        name=f"{source.name}_directories",
        specs=[raw_spec(table, freshness_policy=DAILY) for table in source.lists],
    )
    def directories(
        context: dg.AssetExecutionContext,
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetMaterialization]:
        settings = Settings()
        with warehouse.writing(settings.warehouse_path):
            report = source.load(settings, Wanted(run_id=context.run.run_id))
        yield from results(report, listed(source, report))
        yield from kept_by(report)
        fail_for(report)

    return directories


def listed(source: Source, report: LoadReport) -> list[RawTable]:
    """Return those loaded: not what an organisation is not there for, or does not offer."""
    return [table for table in source.lists if table.name in report.loaded]
