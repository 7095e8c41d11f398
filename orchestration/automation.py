"""Jobs, and the schedules that launch them. All times are UTC.

The schedules of a day follow each other by minutes: runs are queued one at a time and in this
order, sources first and the marts last, so a source that fails costs its own run and no other.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import dagster as dg

from ingestion import warehouse
from ingestion.anthropic.plan import due_days
from ingestion.errors import ConfigurationError
from ingestion.settings import Settings
from ingestion.windows import today
from orchestration.partitions import range_tags

# No source revises a day for longer (ingestion/anthropic/endpoints.py).
LONGEST_LOOK_BACK_DAYS = 31
ONLY_DUE = {"ops": {"anthropic_reports": {"config": {"only_due": True}}}}

load_anthropic = dg.define_asset_job(
    "load_anthropic",
    selection=dg.AssetSelection.groups("raw_anthropic"),
    description="Reports of the chosen days, directories as they are now.",
)
load_github = dg.define_asset_job(
    "load_github",
    selection=dg.AssetSelection.groups("raw_github"),
    description="What is new in the repositories.",
)
build_marts = dg.define_asset_job(
    "build_marts",
    selection=dg.AssetSelection.groups("staging", "intermediate", "marts", "published"),
    description="Transform, check and publish what is stored.",
)
refresh = dg.define_asset_job(
    "refresh",
    selection=dg.AssetSelection.all(),
    description="Everything, from the APIs to the published file.",
)


def _due(last: date) -> dg.RunRequest:
    """Return a request for one run that loads what is due of the last month up to ``last``.

    What is due is asked of the ledger when the run begins. Older gaps are the sensor's.
    """
    first = last - timedelta(LONGEST_LOOK_BACK_DAYS - 1)
    return dg.RunRequest(run_key=f"due..{last}", tags=range_tags(first, last), run_config=ONLY_DUE)


# Yesterday's figures are whole an hour after midnight: Claude Code Analytics holds back an hour.
@dg.schedule(
    job=load_anthropic,
    cron_schedule="30 3 * * *",
    execution_timezone="UTC",
    description="Days that are missing, failed or may have been revised; the directories.",
)
def load_anthropic_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    # A tick that comes late, after the machine was off, still asks for its own days.
    return _due(today(context.scheduled_execution_time.astimezone(UTC)) - timedelta(1))


load_github_schedule = dg.ScheduleDefinition(
    job=load_github,
    cron_schedule="31 3 * * *",
    execution_timezone="UTC",
    description="What is new in the repositories.",
)
build_marts_schedule = dg.ScheduleDefinition(
    job=build_marts,
    cron_schedule="32 3 * * *",
    execution_timezone="UTC",
    description="Transform, check and publish, once the loads before it have ended.",
)


@dg.sensor(
    jobs=[load_anthropic, build_marts],
    minimum_interval_seconds=3_600,
    description="Hourly: when days are due that no run has brought, load them and build the marts.",
)
def fill_gaps(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Load what the schedule could not: after an outage, a refused key, a day that came late."""
    settings, now = Settings(), datetime.now(UTC)
    if not (settings.has_anthropic and settings.warehouse_path.exists()):
        return dg.SkipReason("nothing was ever loaded, or no key is set")
    try:
        with warehouse.connect(settings.warehouse_path, read_only=True) as connection:
            due = due_days(settings, connection, now=now)
    except ConfigurationError as error:
        # A run is writing it, and may be filling the gap.
        return dg.SkipReason(str(error))
    days = sorted({day for table in due.values() for day in table})
    if not days:
        return dg.SkipReason("no day is due")
    context.log.info("%d days are due, from %s to %s", len(days), days[0], days[-1])
    hour = f"{now:%Y-%m-%dT%H}"
    load = dg.RunRequest(
        run_key=f"load {hour}",
        job_name=load_anthropic.name,
        tags=range_tags(days[0], days[-1]),
        run_config=ONLY_DUE,
    )
    build = dg.RunRequest(run_key=f"build {hour}", job_name=build_marts.name)
    return dg.SensorResult(run_requests=[load, build])


JOBS = [load_anthropic, load_github, build_marts, refresh]
SCHEDULES = [load_anthropic_schedule, load_github_schedule, build_marts_schedule]
SENSORS = [fill_gaps]
