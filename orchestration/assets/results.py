"""Turn a load report into what Dagster shows: materializations of what is whole, or a failure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any

import dagster as dg
from dagster._core.events import AssetMaterializationPlannedData, DagsterEvent
from dagster._core.instance.utils import RUNLESS_JOB_NAME, RUNLESS_RUN_ID

from ingestion.ledger import StoredDay
from ingestion.loading import LoadReport, TableLoad
from ingestion.raw import RawTable
from ingestion.sources import source_of

FAILURES_KEY = "failures"
WARNINGS_KEY = "warnings"

# What is stored of the complete days, by report.
StoredDays = Mapping[RawTable, Mapping[date, StoredDay]]

# Who is asked when an asset is red. Dagster wants an address or a team.
OWNERS = ("team:claude-usage",)

# Of what each day's run writes. A run that is late by hours is no news, a day without one is.
DAILY = dg.FreshnessPolicy.time_window(
    fail_window=timedelta(hours=54), warn_window=timedelta(hours=30)
)


def asset_key(table: RawTable) -> dg.AssetKey:
    """Return the key of a raw table's asset: its schema and its name."""
    return dg.AssetKey([f"raw_{table.source}", table.name])


def raw_spec(table: RawTable, **options: object) -> dg.AssetSpec:
    """Return the asset of a raw table."""
    return dg.AssetSpec(
        key=asset_key(table),
        description=table.description,
        group_name=f"raw_{table.source}",
        kinds={"dlt", "duckdb"},
        owners=OWNERS,
        tags={"layer": "raw"},
        skippable=True,
        **options,  # type: ignore[arg-type]
    )


def results(
    report: LoadReport,
    tables: Iterable[RawTable],
    days: Sequence[date] = (),
    complete: StoredDays = MappingProxyType({}),
) -> Iterator[dg.MaterializeResult[None] | dg.AssetMaterialization]:
    """Yield a step's result for each of its tables that was loaded whole.

    A report is loaded whole when each of ``days`` is among its ``complete`` ones. Of a report that
    is not, yield a materialization of each day that is: a day is green by its own pages, and no
    other day can take that from it.
    """
    for table in tables:
        is_whole = all(day in complete.get(table, {}) for day in days)
        if is_whole and table.name not in report.failed_tables():
            yield dg.MaterializeResult(asset_key=asset_key(table), metadata=_of_load(report, table))
        else:
            yield from materializations(report, [table], days, complete)


def materializations(
    report: LoadReport,
    tables: Iterable[RawTable],
    days: Sequence[date] = (),
    complete: StoredDays = MappingProxyType({}),
) -> Iterator[dg.AssetMaterialization]:
    """Yield what is whole of each table: its ``complete`` days, or all of one without days."""
    for table in tables:
        of_load, green = _of_load(report, table), complete.get(table, {})
        for day in sorted(green.keys() & set(days)):
            metadata = {**of_load, **day_metadata([green[day]])}
            yield dg.AssetMaterialization(asset_key(table), partition=str(day), metadata=metadata)
        if not days and table.name not in report.failed_tables():
            yield dg.AssetMaterialization(asset_key(table), metadata=of_load)


def kept_by(report: LoadReport) -> Iterator[dg.AssetMaterialization]:
    """Yield what each load writes beside its answers, also one that failed."""
    source = source_of(report.source)
    for kept in source.kept:
        yield dg.AssetMaterialization(dg.AssetKey([source.schema, kept.name]))


def fail_for(*reports: LoadReport) -> None:
    """Raise `dg.Failure` with a line for each error when any window is not stored."""
    lines = [line for report in reports for line in failure_lines(report)]
    if lines:
        raise dg.Failure(
            description="\n".join(lines),
            metadata={FAILURES_KEY: dg.MetadataValue.json(lines)},
            allow_retries=False,
        )


def take_back(instance: dg.DagsterInstance, key: dg.AssetKey, days: Iterable[date]) -> None:
    """Let ``days`` be as if the run had not been to load them.

    Dagster paints red whatever a failed run was to load and did not. It looks at the last plan of a
    day alone, so a later one that belongs to no run leaves the day as it was before.
    """
    _plan(instance, key, days, RUNLESS_JOB_NAME, RUNLESS_RUN_ID)


def take_on(
    instance: dg.DagsterInstance, key: dg.AssetKey, days: Iterable[date], run: dg.DagsterRun
) -> None:
    """Let ``days`` be among those that ``run`` was to load: red when it fails without them."""
    _plan(instance, key, days, run.job_name, run.run_id)


def _plan(
    instance: dg.DagsterInstance,
    key: dg.AssetKey,
    days: Iterable[date],
    job_name: str,
    run_id: str,
) -> None:
    for day in days:
        plan = DagsterEvent(
            event_type_value=dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED.value,
            job_name=job_name,
            event_specific_data=AssetMaterializationPlannedData(key, str(day)),
        )
        instance.report_dagster_event(plan, run_id=run_id)


def failure_lines(report: LoadReport) -> list[str]:
    """Return one line per distinct error, with the number of windows that share it.

    That a host cannot be reached is no matter of windows: each load says it in the same words.
    """
    counted = Counter((failure.error, failure.is_of_host) for failure in report.failures)
    return [
        error if n == 1 or is_of_host else f"{error} ({n} windows)"
        for (error, is_of_host), n in counted.items()
    ]


def day_metadata(day: Iterable[StoredDay]) -> dict[str, Any]:
    """Return what a day's partition shows of itself: the sums of what reports hold of it."""
    found = list(day)
    return {
        # The name by which Dagster draws it over the days.
        "dagster/partition_row_count": sum(one.rows for one in found),
        "records": sum(one.records for one in found),
        "bytes": sum(one.bytes for one in found),
    }


def load_metadata(load: TableLoad, request_count: int) -> dict[str, Any]:
    """Return what a run's load was: each day of a backfill carries it beside its own figures."""
    return {
        "windows_of_the_load": load.windows,
        "pages_of_the_load": load.pages,
        "records_of_the_load": load.records,
        "bytes_of_the_load": load.bytes,
        "requests_of_the_load": request_count,
    }


def _of_load(report: LoadReport, table: RawTable) -> dict[str, Any]:
    metadata = load_metadata(report.loaded.get(table.name, TableLoad()), report.request_count)
    if warnings := report.warnings.get(table.name):
        metadata[WARNINGS_KEY] = dg.MetadataValue.json(warnings)
    return metadata
