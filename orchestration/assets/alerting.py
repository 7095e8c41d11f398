"""Alerts after each publish and each hour, and the weekly digest: by `alerts.yml`, if it is on."""

from collections.abc import Callable, Sequence

import dagster as dg

from alerts import sending
from alerts.delivered import DeliveredError
from alerts.sending import NothingToSend, Post, Sent
from ingestion.errors import ConfigurationError
from ingestion.settings import ON, Settings
from orchestration.alerting import post_of
from orchestration.assets.published import published_file
from orchestration.assets.results import DAILY, OWNERS, WARNINGS_KEY


@dg.asset(
    key=["published", "alerts"],
    deps=[published_file],
    group_name="published",
    kinds={"duckdb"},
    owners=OWNERS,
    freshness_policy=DAILY,
    tags={"layer": "published"},
    description="What alerts.yml says is sent, where ALERTS is on. What a route did not take is a"
    " warning, and is tried again the next time.",
)
def alerts(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    settings = Settings()
    if settings.alerts not in ON:
        return dg.MaterializeResult(metadata={"sent": 0})
    sent, problems = _told(settings, lambda post: sending.send(post, sending.utc_now()))
    for line in problems:
        context.log.warning(line)
    warnings = {WARNINGS_KEY: problems} if problems else {}
    return dg.MaterializeResult(metadata={"sent": sent, **warnings})


@dg.op(description="The digests of the last whole week, to each route that has not had them.")
def digests(context: dg.OpExecutionContext) -> None:
    settings = Settings()
    if settings.alerts not in ON:
        context.log.info("ALERTS is off: nothing is sent")
        return
    sent, problems = _told(settings, lambda post: sending.send_digests(post, sending.utc_now()))
    context.log.info("%d sent", sent)
    if problems:
        raise dg.Failure("; ".join(problems))


def _told(settings: Settings, how: Callable[[Post], Sequence[Sent]]) -> tuple[int, list[str]]:
    """Return how many letters were taken, and why others were not."""
    try:
        sent = how(post_of(settings))
    except (ConfigurationError, NothingToSend, DeliveredError) as error:
        return 0, [f"alerts: {error}"]
    problems = [one.problem for one in sent if one.problem is not None]
    return len(sent) - len(problems), problems
