"""Everything Dagster knows, in one object. Loading it needs no secret and no warehouse."""

from __future__ import annotations

import dagster as dg

from ingestion import raw
from orchestration import automation
from orchestration.assets.anthropic import anthropic_directories, anthropic_reports
from orchestration.assets.github import github
from orchestration.assets.published import published_file
from orchestration.assets.quality import great_expectations
from orchestration.assets.transformations import dbt_resource, transformations


def _ledger(source: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        key=dg.AssetKey([f"raw_{source}", raw.LEDGER_TABLE]),
        deps=[
            dg.AssetKey([f"raw_{source}", table.name])
            for table in raw.TABLES
            if table.source == source
        ],
        group_name=f"raw_{source}",
        kinds={"duckdb"},
        description="One row per endpoint and window: what is complete. Written by each load.",
    )


defs = dg.Definitions(
    assets=[
        anthropic_reports,
        anthropic_directories,
        github,
        _ledger("anthropic"),
        _ledger("github"),
        transformations,
        published_file,
    ],
    asset_checks=[great_expectations],
    jobs=automation.JOBS,
    schedules=automation.SCHEDULES,
    sensors=automation.SENSORS,
    resources={"dbt": dbt_resource()},
    executor=dg.in_process_executor,
)
