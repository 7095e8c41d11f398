"""Raw answers of the Admin API: reports by UTC day, directories as they are now."""

from collections.abc import Iterator

import dagster as dg

from ingestion import ledger, raw, warehouse
from ingestion.anthropic.load import load_anthropic
from ingestion.settings import Settings
from orchestration.assets.results import raw_spec, report_results
from orchestration.partitions import daily, partition_days

REPORTS = {
    raw.CLAUDE_CODE: "Claude Code Analytics: a page of records per row, by UTC day.",
    raw.MESSAGES: "Message tokens by workspace, model, key, tier and context window: a daily"
    " bucket per row.",
    raw.COST: "Billed cost in cents by workspace and line item: a daily bucket per row.",
}
DIRECTORIES = {
    raw.ORGANIZATION: "The organisation that the key belongs to.",
    raw.USERS: "Current members of the organisation.",
    raw.WORKSPACES: "Workspaces, archived ones included.",
    raw.WORKSPACE_MEMBERS: "Members of each live workspace.",
    raw.API_KEYS: "API keys with their creators and workspaces.",
}


@dg.multi_asset(
    name="anthropic_reports",
    specs=[raw_spec(table, text, partitions_def=daily) for table, text in REPORTS.items()],
    can_subset=True,
    # All days of a backfill are one run, and that run asks for each of them.
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def anthropic_reports(
    context: dg.AssetExecutionContext,
) -> Iterator[dg.MaterializeResult[None] | dg.AssetMaterialization]:
    tables = [table for table in REPORTS if _is_selected(context, table)]
    days = partition_days(context.partition_keys)
    settings = Settings()
    with warehouse.writing(settings.warehouse_path):
        report = load_anthropic(
            settings,
            run_id=context.run.run_id,
            report_days={table.name: days for table in tables},
            directories=False,
        )
        with warehouse.connect(settings.warehouse_path, read_only=True) as connection:
            partial = {
                table: ledger.partial_days(connection, table).intersection(days) for table in tables
            }
    for table, found in partial.items():
        for day in sorted(found):
            context.log.warning("%s: %s had not ended when it was read", table.name, day)
    yield from report_results(report, tables, days, partial)


@dg.multi_asset(
    name="anthropic_directories",
    specs=[raw_spec(table, text) for table, text in DIRECTORIES.items()],
)
def anthropic_directories(
    context: dg.AssetExecutionContext,
) -> Iterator[dg.MaterializeResult[None] | dg.AssetMaterialization]:
    settings = Settings()
    with warehouse.writing(settings.warehouse_path):
        report = load_anthropic(settings, run_id=context.run.run_id)
    yield from report_results(report, DIRECTORIES)


def _is_selected(context: dg.AssetExecutionContext, table: raw.RawTable) -> bool:
    return dg.AssetKey([f"raw_{table.source}", table.name]) in context.selected_asset_keys
