"""Raw answers of GitHub: what is new since what is stored. No partitions: pull requests change."""

from collections.abc import Iterator
from datetime import date, timedelta

import dagster as dg

from ingestion import ledger, warehouse
from ingestion.github.load import load_github
from ingestion.github.tables import MEMBERS, SOURCE, TABLES
from ingestion.loading import LoadReport
from ingestion.raw import RawTable
from ingestion.settings import Settings
from ingestion.windows import today
from orchestration.assets.results import DAILY, fail_for, kept_by, raw_spec, results

# How far back the first load goes when nobody says: enough for a month's view.
FIRST_LOAD_DAYS = 30


class GitHubConfig(dg.Config):
    """How far back repositories are to be loaded, as YYYY-MM-DD.

    Never less far than before; empty: as far, or 30 days the first time. A repository that is not
    loaded as far back is read again from there.
    """

    start: str = ""


@dg.multi_asset(
    name="github",
    specs=[raw_spec(table, freshness_policy=DAILY) for table in TABLES],
)
def github(
    context: dg.AssetExecutionContext, config: GitHubConfig
) -> Iterator[dg.MaterializeResult[None] | dg.AssetMaterialization]:
    settings = Settings()
    with warehouse.writing(settings.warehouse_path):
        report = read_repositories(context, settings, config.start)
    yield from results(report, tables_of(report, settings))
    yield from kept_by(report)
    fail_for(report)


def read_repositories(
    context: dg.AssetExecutionContext, settings: Settings, asked: str
) -> LoadReport:
    """Load what is new of the repositories, and their history from the day ``asked`` for on."""
    with warehouse.connect(settings.warehouse_path) as connection:
        warehouse.prepare(connection)
        known = ledger.first_day(connection, SOURCE)
    starts = [date.fromisoformat(asked)] if asked else []
    starts += [known] if known else []
    start = min(starts, default=today() - timedelta(FIRST_LOAD_DAYS))
    context.log.info("GitHub: history from %s, before this run from %s", start, known or "nowhere")
    return load_github(settings, run_id=context.run.run_id, start=start)


def tables_of(report: LoadReport, settings: Settings) -> list[RawTable]:
    """Return the tables that there is something to read for."""
    not_offered = {one.endpoint for one in report.not_offered}
    if not settings.github_org:
        not_offered.add(MEMBERS.name)
    return [one for one in TABLES if one.name not in not_offered]
