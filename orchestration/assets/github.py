"""Raw answers of GitHub: what is new since what is stored. No partitions: pull requests change."""

from collections.abc import Iterator
from datetime import date, timedelta

import dagster as dg

from ingestion import ledger, raw, warehouse
from ingestion.github.load import load_github
from ingestion.settings import Settings
from ingestion.windows import today
from orchestration.assets.results import DAILY, raw_spec, report_results
from orchestration.partitions import RANGE_START_TAG

TABLES = {
    raw.GITHUB_REPOSITORIES: "Repositories of the organisation or the list.",
    raw.GITHUB_PULL_REQUESTS: "Pull requests with labels, branch commits, files and reviews: one"
    " per row.",
    raw.GITHUB_COMMITS: "Default-branch commits with line counts: one per row.",
    raw.GITHUB_MEMBERS: "Members of the organisation: one per row.",
}

# How far back the first load goes when nobody says: enough for a month's view.
FIRST_LOAD_DAYS = 30


class GitHubConfig(dg.Config):
    """How far back repositories are to be loaded, as YYYY-MM-DD.

    Empty: to the first day of the run's range, where it has one. Never less far than before, and 30
    days the first time when nobody says. What is not loaded as far back is read again from there.
    """

    start: str = ""


@dg.multi_asset(
    name="github",
    specs=[raw_spec(table, text, freshness_policy=DAILY) for table, text in TABLES.items()],
)
def github(
    context: dg.AssetExecutionContext, config: GitHubConfig
) -> Iterator[dg.MaterializeResult[None] | dg.AssetMaterialization]:
    settings = Settings()
    with warehouse.writing(settings.warehouse_path):
        start = _start(settings, config.start or context.run.tags.get(RANGE_START_TAG))
        context.log.info("history from %s", start)
        report = load_github(settings, run_id=context.run.run_id, start=start)
    not_offered = {one.endpoint for one in report.not_offered}
    if not settings.github_org:
        not_offered.add(raw.GITHUB_MEMBERS.name)
    yield from report_results(report, [one for one in TABLES if one.name not in not_offered])


def _start(settings: Settings, asked: str | None) -> date:
    with warehouse.connect(settings.warehouse_path) as connection:
        warehouse.prepare(connection)
        known = ledger.first_day(connection, "github")
    starts = [date.fromisoformat(asked)] if asked else []
    starts += [known] if known else []
    return min(starts, default=today() - timedelta(FIRST_LOAD_DAYS))
