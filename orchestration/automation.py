"""Jobs, and the schedules that launch them. All times are UTC.

The schedules of a day follow each other by minutes: runs are queued one at a time and in this
order, sources first and the marts last, so a source that fails costs its own run and no other.
"""

from __future__ import annotations

from datetime import UTC, timedelta

import dagster as dg

from ingestion.windows import today
from orchestration.assets.anthropic import anthropic_reports
from orchestration.partitions import range_tags

# Sessions of Claude Code can arrive up to three days late; cost and usage were seen corrected
# within a week.
RESTATED_DAYS = 7

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
restate_recent = dg.define_asset_job(
    "restate_recent",
    selection=dg.AssetSelection.assets(*anthropic_reports.keys),
    description="Reports of days that their source may still have revised.",
)
refresh = dg.define_asset_job(
    "refresh",
    selection=dg.AssetSelection.all(),
    description="Everything, from the APIs to the published file.",
)


def _last_days(count: int, context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Return a request for one run that loads the last ``count`` days before the tick's day.

    A tick that comes late, after the machine was off, still asks for its own days.
    """
    last = today(context.scheduled_execution_time.astimezone(UTC)) - timedelta(1)
    first = last - timedelta(count - 1)
    return dg.RunRequest(run_key=f"{first}..{last}", tags=range_tags(first, last))


@dg.schedule(
    job=restate_recent,
    cron_schedule="20 3 * * 1",
    execution_timezone="UTC",
    description=f"Mondays: the reports of the last {RESTATED_DAYS} days again.",
)
def restate_recent_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    return _last_days(RESTATED_DAYS, context)


# Yesterday's figures are whole an hour after midnight: Claude Code Analytics holds back an hour.
@dg.schedule(
    job=load_anthropic,
    cron_schedule="30 3 * * *",
    execution_timezone="UTC",
    description="Yesterday's reports, and the directories.",
)
def load_anthropic_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    return _last_days(1, context)


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

JOBS = [load_anthropic, load_github, build_marts, restate_recent, refresh]
SCHEDULES = [
    restate_recent_schedule,
    load_anthropic_schedule,
    load_github_schedule,
    build_marts_schedule,
]
