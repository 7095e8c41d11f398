"""Jobs, and what launches them. All times are UTC.

Loads are launched by people and by schedules, and the marts by what was loaded: a sensor builds and
publishes them after each load, however it was launched and however it ended. A source that fails
costs its own run and no other.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import dagster as dg

from ingestion import warehouse
from ingestion.anthropic.source import ANTHROPIC
from ingestion.plan import due_days
from ingestion.settings import Settings
from ingestion.warehouse_file import WarehouseLocked
from ingestion.windows import today
from orchestration.partitions import FIRST_DAY, range_tags

# No source revises a day for longer (ingestion/anthropic/endpoints.py).
LONGEST_LOOK_BACK_DAYS = 31
UNDER_WAY = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
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
backfill = dg.define_asset_job(
    "backfill",
    selection=dg.AssetSelection.groups("backfill"),
    description="All reports and GitHub from the first to the last day you choose, directories as"
    " they are now. The marts and the published file follow by themselves.",
)

# What brings new answers. The last is Dagster's name for what is launched from assets.
LOADS = [load_anthropic.name, load_github.name, backfill.name, "__ASSET_JOB"]


def _due(last: date) -> dg.RunRequest:
    """Return a request for one run that loads what is due of the last month up to ``last``.

    What is due is asked of the ledger when the run begins. Older gaps are the sensor's.
    """
    first = max(last - timedelta(LONGEST_LOOK_BACK_DAYS - 1), FIRST_DAY)
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
    job=load_anthropic,
    minimum_interval_seconds=3_600,
    description="Hourly: when days are due that no run has brought, load them.",
)
def fill_gaps(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Load what the schedule could not: after an outage, a refused key, a day that came late."""
    settings, now = Settings(), datetime.now(UTC)
    if not (settings.has_anthropic and settings.warehouse_path.exists()):
        return dg.SkipReason("nothing was ever loaded, or no key is set")
    try:
        with warehouse.connect(settings.warehouse_path, read_only=True) as connection:
            due = due_days(ANTHROPIC, settings, connection, now=now)
    except WarehouseLocked as error:
        # A run is writing it, and may be filling the gap.
        return dg.SkipReason(str(error))
    days = sorted({day for table in due.values() for day in table if day >= FIRST_DAY})
    if not days:
        return dg.SkipReason("no day is due")
    context.log.info("%d days are due, from %s to %s", len(days), days[0], days[-1])
    return dg.RunRequest(
        run_key=f"load {now:%Y-%m-%dT%H}", tags=range_tags(days[0], days[-1]), run_config=ONLY_DUE
    )


JOBS = [load_anthropic, load_github, build_marts, backfill]
SCHEDULES = [load_anthropic_schedule, load_github_schedule]
SENSORS = [build_after_loads, fill_gaps]
