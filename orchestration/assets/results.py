"""Turn a load report into what Dagster shows: materializations of what is whole, or a failure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from types import MappingProxyType

import dagster as dg
from dagster._core.events import AssetMaterializationPlannedData, DagsterEvent
from dagster._core.instance.utils import RUNLESS_JOB_NAME, RUNLESS_RUN_ID

from ingestion.loading import LoadReport, TableLoad
from ingestion.raw import KEPT_BY_LOADS, RawTable

FAILURES_KEY = "failures"
WARNINGS_KEY = "warnings"


def _key(table: RawTable) -> dg.AssetKey:
    return dg.AssetKey([f"raw_{table.source}", table.name])


def raw_spec(table: RawTable, description: str, **options: object) -> dg.AssetSpec:
    """Return the asset of a raw table: its key is its schema and its name."""
    return dg.AssetSpec(
        key=_key(table),
        description=description,
        group_name=f"raw_{table.source}",
        kinds={"dlt", "duckdb"},
        tags={"layer": "raw"},
        skippable=True,
        **options,  # type: ignore[arg-type]
    )


def report_results(
    report: LoadReport,
    tables: Iterable[RawTable],
    days: Sequence[date] = (),
    complete: Mapping[RawTable, Collection[date]] = MappingProxyType({}),
) -> Iterator[dg.MaterializeResult[None] | dg.AssetMaterialization]:
    """Yield a result for each table that was loaded whole.

    A report is loaded whole when the ledger has each of ``days`` among the ``complete`` ones. Of a
    report that is not, yield a materialization of each day that is: a day is green by its own
    pages, and no other day can take that from it.

    Raises:
        dg.Failure: after that, when any window is not stored.
    """
    failed = report.failed_tables()
    for table in tables:
        key = _key(table)
        metadata = _metadata(report, report.loaded.get(table.name, TableLoad()))
        if warnings := report.warnings.get(table.name):
            metadata[WARNINGS_KEY] = dg.MetadataValue.json(warnings)
        green = complete.get(table, ())
        is_whole = all(day in green for day in days)
        if is_whole and table.name not in failed:
            yield dg.MaterializeResult(asset_key=key, metadata=metadata)
            continue
        for day in sorted(set(green).intersection(days)):
            yield dg.AssetMaterialization(key, partition=day.isoformat(), metadata=metadata)
    for name in KEPT_BY_LOADS[report.source]:
        yield dg.AssetMaterialization(dg.AssetKey([f"raw_{report.source}", name]))
    if report.failures:
        lines = failure_lines(report)
        raise dg.Failure(
            description="\n".join(lines),
            metadata={FAILURES_KEY: dg.MetadataValue.json(lines)},
            allow_retries=False,
        )


def take_back(instance: dg.DagsterInstance, table: RawTable, days: Iterable[date]) -> None:
    """Let ``days`` be as if the run had not been to load them.

    Dagster paints red whatever a failed run was to load and did not. It looks at the last plan of a
    day alone, so a later one that belongs to no run leaves the day as it was before.
    """
    for day in days:
        plan = DagsterEvent(
            event_type_value=dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED.value,
            job_name=RUNLESS_JOB_NAME,
            event_specific_data=AssetMaterializationPlannedData(_key(table), day.isoformat()),
        )
        instance.report_dagster_event(plan, run_id=RUNLESS_RUN_ID)


def failure_lines(report: LoadReport) -> list[str]:
    """Return one line per distinct error, with the number of windows that share it."""
    counted = Counter(failure.error for failure in report.failures)
    return [error if n == 1 else f"{error} ({n} windows)" for error, n in counted.items()]


def _metadata(report: LoadReport, load: TableLoad) -> dict[str, dg.MetadataValue]:
    # Named for the load: each day of a backfill carries the figures of the whole run.
    return {
        "windows_of_the_load": dg.MetadataValue.int(load.windows),
        "pages_of_the_load": dg.MetadataValue.int(load.pages),
        "records_of_the_load": dg.MetadataValue.int(load.records),
        "bytes_of_the_load": dg.MetadataValue.int(load.bytes),
        "requests_of_the_load": dg.MetadataValue.int(report.request_count),
    }
