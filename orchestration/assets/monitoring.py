"""The gauges, to where monitoring systems look for them."""

from collections.abc import Iterator

import dagster as dg

from exports import prometheus
from exports.gauges import NoFigures, opened
from exports.push import PushError, push
from ingestion.secrets import mask
from ingestion.settings import Settings
from orchestration.assets.published import published_file
from orchestration.assets.results import DAILY, OWNERS, WARNINGS_KEY


@dg.asset(
    key=["published", "metrics"],
    deps=[published_file],
    group_name="published",
    kinds={"duckdb", "prometheus"},
    owners=OWNERS,
    freshness_policy=DAILY,
    tags={"layer": "published"},
    description="Gauges of the published file, to METRICS_PATH and METRICS_OTLP_ENDPOINT as far as"
    " they are set. What cannot be sent is a warning: what is published stands.",
)
def metrics(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    settings = Settings()
    warnings = [*_written(settings), *_pushed(settings)]
    for line in warnings:
        context.log.warning(line)
    return dg.MaterializeResult(metadata={WARNINGS_KEY: warnings} if warnings else {})


def _written(settings: Settings) -> Iterator[str]:
    if settings.metrics_path is None:
        return
    try:
        with opened(settings.publish_path) as ask:
            prometheus.write(settings.metrics_path, ask, settings.publish_mode or 0o644)
    except NoFigures as error:
        yield f"METRICS_PATH: {error}"
    except OSError as error:
        yield f"METRICS_PATH: {settings.metrics_path} cannot be written: {error.strerror}"


def _pushed(settings: Settings) -> Iterator[str]:
    if settings.metrics_otlp_endpoint is None:
        return
    headers = settings.metrics_otlp_headers
    try:
        with opened(settings.publish_path) as ask:
            pushed = push(
                ask, settings.metrics_otlp_endpoint, headers.get_secret_value() if headers else ""
            )
    except (NoFigures, PushError) as error:
        yield f"METRICS_OTLP_ENDPOINT: {error}"
        return
    if pushed.refused:
        yield (
            f"METRICS_OTLP_ENDPOINT: {pushed.refused} of {pushed.sent} points were refused:"
            f" {mask(pushed.message)}"
        )
