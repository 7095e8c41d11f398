"""Raw answers of Anthropic's APIs: reports by UTC day, directories as they are now."""

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import dagster as dg

from ingestion import ledger, raw, warehouse
from ingestion.anthropic.endpoints import SUCCESSORS
from ingestion.anthropic.load import load_anthropic
from ingestion.anthropic.plan import due_days
from ingestion.ledger import StoredDay
from ingestion.loading import LoadReport
from ingestion.raw import RawTable
from ingestion.settings import Settings
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

REPORTS = {
    raw.CLAUDE_CODE: "Claude Code Analytics: a page of records per row, by UTC day.",
    raw.MESSAGES: "Message tokens by workspace, model, key, tier and context window: a daily"
    " bucket per row. For days that the Usage and Cost Analytics API cannot answer.",
    raw.MESSAGES_BY_MINUTE: "Message tokens by minute, workspace, model and tier: a page or a"
    " piece of one per row, by UTC day.",
    raw.COST: "Billed cost in cents by workspace and line item: a daily bucket per row. For days"
    " that the Usage and Cost Analytics API cannot answer.",
    raw.ANALYTICS_USAGE: "Tokens by actor, key, workspace, model and tier, by UTC day.",
    raw.ANALYTICS_COST: "Billed cost in cents by actor, workspace, model, product, tier, cost and"
    " token type, by UTC day.",
    raw.ANALYTICS_COST_BY_GEOGRAPHY: "Billed cost in cents by where the model ran, workspace,"
    " model and product, by UTC day.",
    raw.ANALYTICS_USAGE_BY_MINUTE: "Requests and tokens by minute, workspace, model and tier: a"
    " page or a piece of one per row, by UTC day.",
    raw.ENTERPRISE_USER_ACTIVITY: "Enterprise: what each person did, by UTC day.",
    raw.ENTERPRISE_SUMMARIES: "Enterprise: active people and seats, by UTC day.",
    raw.ENTERPRISE_USAGE: "Enterprise: tokens by actor, model, product and tier, by UTC day.",
    raw.ENTERPRISE_COST: "Enterprise: billed cost in cents by actor, model and product, by UTC"
    " day.",
    raw.ENTERPRISE_COST_BY_GEOGRAPHY: "Enterprise: billed cost in cents by where the model ran,"
    " model and product, by UTC day.",
    raw.ENTERPRISE_USER_USAGE: "Enterprise: tokens by person from the older report, where the key"
    " may not read the newer one.",
    raw.ENTERPRISE_USER_COST: "Enterprise: cost by person from the older report, where the key may"
    " not read the newer one.",
}
DIRECTORIES = {
    raw.ORGANIZATION: "The organisation that the key belongs to.",
    raw.USERS: "Current members of the organisation.",
    raw.WORKSPACES: "Workspaces, archived ones included.",
    raw.WORKSPACE_MEMBERS: "Members of each live workspace.",
    raw.API_KEYS: "API keys with their creators and workspaces.",
    raw.RATE_LIMITS: "Rate limits of the organisation by model group.",
    raw.WORKSPACE_RATE_LIMITS: "Rate limits that a workspace has of its own.",
    raw.ENTERPRISE_USERS: "Enterprise: current members.",
    raw.ENTERPRISE_SPEND_LIMITS: "Enterprise: spend limits as configured.",
    raw.ENTERPRISE_EFFECTIVE_SPEND_LIMITS: "Enterprise: the spend limit in force for each member.",
    raw.ENTERPRISE_GROUPS: "Enterprise: groups of people.",
    raw.ENTERPRISE_GROUP_MEMBERS: "Enterprise: members of each group; a person can be in several.",
}


def _report_spec(table: RawTable, description: str) -> dg.AssetSpec:
    # A report that another has taken the place of is read no more, which is no delay.
    freshness = None if table in SUCCESSORS else DAILY
    return raw_spec(table, description, partitions_def=daily, freshness_policy=freshness)


class ReportsConfig(dg.Config):
    """Whether to leave out the days of the range that need no reading.

    ``only_due`` reads what is missing, failed or may still be revised by its source; otherwise
    each day of the range is read again.
    """

    only_due: bool = False


@dg.multi_asset(
    name="anthropic_reports",
    specs=[_report_spec(table, text) for table, text in REPORTS.items()],
    can_subset=True,
    # All days of a backfill are one run, and that run asks for each of them.
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def anthropic_reports(
    context: dg.AssetExecutionContext, config: ReportsConfig
) -> Iterator[dg.MaterializeResult[None] | dg.AssetMaterialization]:
    tables = [table for table in REPORTS if asset_key(table) in context.selected_asset_keys]
    days = partition_days(context.partition_keys)
    settings = Settings()
    with warehouse.writing(settings.warehouse_path):
        asked = _asked(settings, tables, days, only_due=config.only_due)
        loaded = read_days(context, settings, asked, directories=False)
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

    report: LoadReport
    complete: StoredDays
    failed: Mapping[RawTable, Collection[date]]


def read_days(
    context: dg.AssetExecutionContext,
    settings: Settings,
    asked: Mapping[str, Sequence[date]],
    *,
    directories: bool,
) -> LoadedDays:
    """Load the days asked for by raw table name; say which of them were not whole."""
    report = load_anthropic(
        settings,
        run_id=context.run.run_id,
        report_days=asked,
        directories=directories,
        on_progress=_tell,
    )
    complete: dict[RawTable, dict[date, StoredDay]] = {}
    failed: dict[RawTable, set[date]] = {}
    with warehouse.connect(settings.warehouse_path, read_only=True) as connection:
        for table in REPORTS:
            days = ledger.days_by_status(connection, table)
            stored = ledger.stored_days(connection, table)
            complete[table] = {day: stored[day] for day in days.get("complete", ())}
            failed[table] = days.get("failed", set())
            for day in sorted(days.get("partial", set()).intersection(asked.get(table.name, ()))):
                context.log.warning("%s: %s was not whole when it was read", table.name, day)
    return LoadedDays(report, complete, failed)


def _tell(table: str, done: int, total: int) -> None:
    """Log how far a table is; the command line draws bars from it."""
    progress = {"table": table, "done": done, "total": total}
    log.debug("%s: %d of %d windows", table, done, total, extra=progress)


def _asked(
    settings: Settings, tables: Sequence[RawTable], days: Sequence[date], *, only_due: bool
) -> Mapping[str, Sequence[date]]:
    if not only_due:
        return {table.name: days for table in tables}
    with warehouse.connect(settings.warehouse_path) as connection:
        warehouse.prepare(connection)
        due = due_days(settings, connection, now=datetime.now(UTC))
    chosen = set(days)
    return {
        table.name: [day for day in due.get(table.name, ()) if day in chosen] for table in tables
    }


@dg.multi_asset(
    name="anthropic_directories",
    specs=[raw_spec(table, text, freshness_policy=DAILY) for table, text in DIRECTORIES.items()],
)
def anthropic_directories(
    context: dg.AssetExecutionContext,
) -> Iterator[dg.MaterializeResult[None] | dg.AssetMaterialization]:
    settings = Settings()
    with warehouse.writing(settings.warehouse_path):
        report = load_anthropic(settings, run_id=context.run.run_id)
    yield from results(report, directories_of(report))
    yield from kept_by(report)
    fail_for(report)


def directories_of(report: LoadReport) -> list[RawTable]:
    """Return those loaded: not what an organisation is not there for, or does not offer."""
    return [table for table in DIRECTORIES if table.name in report.loaded]
