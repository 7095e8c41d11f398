"""Everything Dagster knows, in one object. Loading it needs no secret and no warehouse."""

from __future__ import annotations

import dagster as dg

from ingestion import raw
from ingestion.private_files import keep_new_files_private
from orchestration import automation
from orchestration.assets.anthropic import anthropic_directories, anthropic_reports
from orchestration.assets.backfill import KEY as BACKFILL
from orchestration.assets.backfill import days
from orchestration.assets.github import github
from orchestration.assets.published import published_file
from orchestration.assets.quality import great_expectations
from orchestration.assets.results import DAILY, OWNERS, asset_key
from orchestration.assets.transformations import dbt_resource, transformations

# Also where Dagster is started by its own command.
keep_new_files_private()


def _kept_by_loads(source: str, name: str, description: str) -> dg.AssetSpec:
    """Return the asset of a table that each load of ``source`` writes beside its answers."""
    return dg.AssetSpec(
        key=dg.AssetKey([f"raw_{source}", name]),
        deps=[BACKFILL, *(asset_key(table) for table in raw.TABLES if table.source == source)],
        group_name=f"raw_{source}",
        kinds={"duckdb"},
        owners=OWNERS,
        freshness_policy=DAILY,
        description=f"{description} Written by each load.",
    )


KEPT = {
    raw.LEDGER_TABLE: "One row per endpoint and window: what is complete.",
    raw.ENTITY_VERSIONS_TABLE: "One row per version of each entity of the directories: who and"
    " what was there when.",
    raw.RECORD_REVISIONS_TABLE: "One row per record that came or went when a source revised a"
    " complete day.",
    raw.UNREAD_ITEMS_TABLE: "One row per pull request or commit that could not be read whole: each"
    " load tries it again.",
    raw.DUPLICATE_ROWS_TABLE: "One row per key of which more than one row came, and when: one is"
    " stored.",
}

defs = dg.Definitions(
    assets=[
        days,
        anthropic_reports,
        anthropic_directories,
        github,
        *(
            _kept_by_loads(source, name, KEPT[name])
            for source, kept in raw.KEPT_BY_LOADS.items()
            for name in kept
        ),
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
