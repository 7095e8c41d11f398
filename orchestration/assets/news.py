"""Raw answers of sources without days: what is new since what is stored. No partitions."""

from collections.abc import Iterator
from datetime import date

import dagster as dg

from ingestion import warehouse
from ingestion.loading import LoadReport
from ingestion.plan import start_due
from ingestion.raw import RawTable
from ingestion.settings import Settings
from ingestion.source import Source, Wanted
from orchestration.assets.results import DAILY, fail_for, kept_by, raw_spec, results


class NewsConfig(dg.Config):
    """How far back is to be loaded, as YYYY-MM-DD.

    Never less far than before; empty: as far, or 30 days the first time. What is not loaded as far
    back, such as a repository, is read again from there.
    """

    start: str = ""


def news_of(source: Source) -> dg.AssetsDefinition:
    """Return the tables of a source without days as assets."""

    @dg.multi_asset(
        name=source.name,
        specs=[raw_spec(table, freshness_policy=DAILY) for table in source.tables],
    )
    def news(
        context: dg.AssetExecutionContext, config: NewsConfig
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetMaterialization]:
        settings = Settings()
        with warehouse.writing(settings.warehouse_path):
            asked = date.fromisoformat(config.start) if config.start else None
            report = read_news(context, source, settings, asked)
        yield from results(report, offered(source, report))
        yield from kept_by(report)
        fail_for(report)

    return news


def read_news(
    context: dg.AssetExecutionContext, source: Source, settings: Settings, asked: date | None
) -> LoadReport:
    """Load what is new of a source, and its history from the day ``asked`` for on."""
    with warehouse.connect(settings.warehouse_path) as connection:
        warehouse.prepare(connection)
        start, known = start_due(source, connection, asked)
    message = "%s: history from %s, before this run from %s"
    context.log.info(message, source.name, start, known or "nowhere")
    return source.load(settings, Wanted(run_id=context.run.run_id, start=start))


def offered(source: Source, report: LoadReport) -> list[RawTable]:
    """Return the tables that there is something to read for."""
    not_offered = {one.endpoint for one in report.not_offered}
    return [one for one in source.tables if one.name not in not_offered]
