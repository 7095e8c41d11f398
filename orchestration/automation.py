"""Jobs, and what launches them. All times are UTC.

Loads are launched by people and by schedules, and the marts by what was loaded: a sensor builds and
publishes them after each load, however it was launched and however it ended. A source that fails
costs its own run and no other.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import dagster as dg

from ingestion import warehouse
from ingestion.plan import days_due
from ingestion.settings import Settings
from ingestion.source import Source
from ingestion.sources import SOURCES
from ingestion.warehouse_file import WarehouseLocked
from ingestion.windows import today
from orchestration.assets.alerting import alerts, digests
from orchestration.partitions import FIRST_DAY, range_tags

DUE = "Days that are missing, failed or may have been revised; the directories."
# No source revises a day for longer.
LONGEST_LOOK_BACK = max(report.look_back for source in SOURCES for report in source.reports)
UNDER_WAY = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]

LOAD = {
    source.name: dg.define_asset_job(
        f"load_{source.name}",
        selection=dg.AssetSelection.groups(source.schema),
        description=source.brings,
    )
    for source in SOURCES
}
build_marts = dg.define_asset_job(
    "build_marts",
    selection=dg.AssetSelection.groups("staging", "intermediate", "marts", "published"),
    description="Transform, check and publish what is stored.",
)
backfill = dg.define_asset_job(
    "backfill",
    selection=dg.AssetSelection.groups("backfill"),
    description="All reports and GitHub from the first to the last day you choose, directories as"
    " they are now. The marts and the published file follow by themselves.",
)

send_alerts = dg.define_asset_job(
    "send_alerts",
    selection=dg.AssetSelection.assets(alerts),
    description="What alerts.yml says is sent, of what is published now.",
)


@dg.job(description="The weekly digests of alerts.yml.")
def send_digests() -> None:
    digests()


# What brings new answers. The last is Dagster's name for what is launched from assets.
LOADS = [*(job.name for job in LOAD.values()), backfill.name, "__ASSET_JOB"]


def only_due(source: Source) -> dict[str, Any]:
    """Return the configuration of a load that leaves out days that need no reading."""
    return {"ops": {f"{source.name}_reports": {"config": {"only_due": True}}}}


def _due(source: Source, last: date) -> dg.RunRequest:
    """Return a request for one run that loads what is due of the last month up to ``last``.

    What is due is asked of the ledger when the run begins. Older gaps are the sensor's.
    """
    first = max(last - (LONGEST_LOOK_BACK - timedelta(1)), FIRST_DAY)
    return dg.RunRequest(
        run_key=f"due..{last}", tags=range_tags(first, last), run_config=only_due(source)
    )


def _schedule(source: Source, minute: int) -> dg.ScheduleDefinition:
    """Return the daily load of a source: of one with days, of those that are due.

    Yesterday's figures are whole an hour after midnight: Claude Code Analytics holds back an hour.
    """

    def due(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        # A tick that comes late, after the machine was off, still asks for its own days.
        return _due(source, today(context.scheduled_execution_time.astimezone(UTC)) - timedelta(1))

    return dg.ScheduleDefinition(
        name=f"load_{source.name}_schedule",
        job=LOAD[source.name],
        cron_schedule=f"{minute} 3 * * *",
        execution_timezone="UTC",
        description=DUE if source.reports else source.brings,
        execution_fn=due if source.reports else None,
    )


@dg.sensor(
    job=build_marts,
    minimum_interval_seconds=15,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="After each load, by hand, by schedule or as a backfill, and also when a day of it"
    " failed: build, check and publish what is stored. On unless you switch it off.",
)
def build_after_loads(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Build the marts once when loads have ended since they were last to be built.

    Also when a load failed or was killed: what it had stored by then is to be seen.
    """
    instance = context.instance
    under_way = instance.get_runs(dg.RunsFilter(statuses=UNDER_WAY), limit=1)
    if under_way:
        return dg.SkipReason(f"run {under_way[0].run_id} of {under_way[0].job_name} comes first")
    loads, build = [_last(instance, job) for job in LOADS], _last(instance, build_marts.name)
    ended_at = max(one.end_time or 0.0 for one in loads if one) if any(loads) else 0.0
    if ended_at <= (build.create_timestamp.timestamp() if build else 0.0):
        return dg.SkipReason("no load has ended since the marts were last to be built")
    return dg.RunRequest(run_key=f"loads until {ended_at}")


def _last(instance: dg.DagsterInstance, job: str) -> dg.RunRecord | None:
    return next(iter(instance.get_run_records(dg.RunsFilter(job_name=job), limit=1)), None)


@dg.sensor(
    jobs=[LOAD[source.name] for source in SOURCES if source.reports],
    minimum_interval_seconds=3_600,
    description="Hourly: when days are due that no run has brought, load them.",
)
def fill_gaps(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Load what the schedules could not: after an outage, a refused key, a day that came late."""
    settings, now = Settings(), datetime.now(UTC)
    sources = [one for one in SOURCES if one.reports and one.configured(settings)]
    if not (sources and settings.warehouse_path.exists()):
        return dg.SkipReason("nothing was ever loaded, or no key is set")
    try:
        with warehouse.connect(settings.warehouse_path, read_only=True) as connection:
            due = {one.name: days_due(one, settings, connection, now=now) for one in sources}
    except WarehouseLocked as error:
        # A run is writing it, and may be filling the gap.
        return dg.SkipReason(str(error))
    requests = []
    for source in sources:
        if days := [day for day in due[source.name] if day >= FIRST_DAY]:
            context.log.info("%d days are due, from %s to %s", len(days), days[0], days[-1])
            requests.append(
                dg.RunRequest(
                    run_key=f"load {source.name} {now:%Y-%m-%dT%H}",
                    job_name=LOAD[source.name].name,
                    tags=range_tags(days[0], days[-1]),
                    run_config=only_due(source),
                )
            )
    return dg.SensorResult(requests) if requests else dg.SkipReason("no day is due")


JOBS: list[Any] = [*LOAD.values(), build_marts, backfill, send_alerts, send_digests]
SCHEDULES = [
    *(_schedule(source, minute) for minute, source in enumerate(SOURCES, start=30)),
    # What was held back in quiet hours, what a route did not take, and what grew stale.
    dg.ScheduleDefinition(
        name="send_alerts_schedule",
        job=send_alerts,
        cron_schedule="5 * * * *",
        execution_timezone="UTC",
        description="Hourly: what is new, was held back, or could not be sent.",
    ),
    dg.ScheduleDefinition(
        name="send_digests_schedule",
        job=send_digests,
        # Daily: a week whose Sunday comes late is not sent a week late.
        cron_schedule="0 7 * * *",
        execution_timezone="UTC",
        description="At 07:00 UTC: the digests of the last whole week, to whom has not had them.",
    ),
]
SENSORS = [build_after_loads, fill_gaps]
