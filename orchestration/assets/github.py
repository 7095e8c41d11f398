"""Raw answers of GitHub: what is new since what is stored. No partitions: pull requests change."""

from collections.abc import Iterator
from datetime import date, timedelta

import dagster as dg

from ingestion import ledger, raw, warehouse
from ingestion.github.load import load_github
from ingestion.settings import Settings
from ingestion.windows import today
from orchestration.assets.results import raw_spec, report_results

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
    """How far back the first load of a repository goes, as YYYY-MM-DD.

    Empty: as far as before, or 30 days the first time.
    """

    start: str = ""


@dg.multi_asset(
    name="github",
    specs=[raw_spec(table, text) for table, text in TABLES.items()],
)
def github(
    context: dg.AssetExecutionContext, config: GitHubConfig
) -> Iterator[dg.MaterializeResult[None] | dg.AssetMaterialization]:
    settings = Settings()
    with warehouse.writing(settings.warehouse_path):
        start = date.fromisoformat(config.start) if config.start else _start(settings)
        report = load_github(settings, run_id=context.run.run_id, start=start)
    not_offered = {one.endpoint for one in report.not_offered}
    if not settings.github_org:
        not_offered.add(raw.GITHUB_MEMBERS.name)
    yield from report_results(report, [one for one in TABLES if one.name not in not_offered])


def _start(settings: Settings) -> date:
    with warehouse.connect(settings.warehouse_path) as connection:
        warehouse.prepare(connection)
        return ledger.first_day(connection, "github") or today() - timedelta(FIRST_LOAD_DAYS)
