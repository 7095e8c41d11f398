"""Everything Dagster knows, in one object. Loading it needs no secret and no warehouse."""

from __future__ import annotations

import dagster as dg

from ingestion.private_files import keep_new_files_private
from ingestion.raw import KeptTable
from ingestion.source import Source
from ingestion.sources import SOURCES
from orchestration import automation
from orchestration.assets.alerting import alerts
from orchestration.assets.backfill import KEY as BACKFILL
from orchestration.assets.backfill import days
from orchestration.assets.exporting import parquet
from orchestration.assets.monitoring import metrics
from orchestration.assets.news import news_of
from orchestration.assets.published import published_file
from orchestration.assets.quality import great_expectations
from orchestration.assets.reports import directories_of, reports_of
from orchestration.assets.results import DAILY, OWNERS, asset_key
from orchestration.assets.transformations import dbt_resource, transformations

# Also where Dagster is started by its own command.
keep_new_files_private()


def _answers(source: Source) -> list[dg.AssetsDefinition]:
    if source.reports:
        return [reports_of(source), directories_of(source)]
    return [news_of(source)]


def _kept_by_loads(source: Source, kept: KeptTable) -> dg.AssetSpec:
    """Return the asset of a table that each load of ``source`` writes beside its answers."""
    return dg.AssetSpec(
        key=dg.AssetKey([source.schema, kept.name]),
        deps=[BACKFILL, *map(asset_key, source.tables)],
        group_name=source.schema,
        kinds={"duckdb"},
        owners=OWNERS,
        freshness_policy=DAILY,
        description=f"{kept.description} Written by each load.",
    )


defs = dg.Definitions(
    assets=[
        days,
        *(asset for source in SOURCES for asset in _answers(source)),
        *(_kept_by_loads(source, kept) for source in SOURCES for kept in source.kept),
        transformations,
        published_file,
        metrics,
        parquet,
        alerts,
    ],
    asset_checks=[great_expectations],
    jobs=automation.JOBS,
    schedules=automation.SCHEDULES,
    sensors=automation.SENSORS,
    resources={"dbt": dbt_resource()},
    executor=dg.in_process_executor,
)
