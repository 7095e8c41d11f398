"""Jobs, and the schedules that launch them. All times are UTC.

A schedule launches a source per run and the marts last: runs are queued one at a time and in
this order, so a source that fails costs its own run and not the others'.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import dagster as dg

from ingestion.windows import today
from orchestration.partitions import daily, range_tags

# Yesterday's figures are whole an hour after midnight UTC: Claude Code Analytics holds back the
# last hour.
DAILY = "30 3 * * *"
RESTATEMENT = "30 4 * * 1"
# Sessions of Claude Code can arrive up to three days late; cost and usage were seen corrected
# within a week.
RESTATED_DAYS = 7

load_anthropic = dg.define_asset_job(
    "load_anthropic",
    selection=dg.AssetSelection.groups("raw_anthropic"),
    partitions_def=daily,
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
    partitions_def=daily,
    description="Everything, from the APIs to the published file.",
)


def _requests(days: int, name: str) -> Iterator[dg.RunRequest]:
    last = today() - timedelta(1)
    first = last - timedelta(days - 1)
    key = f"{name}-{last}"
    yield dg.RunRequest(
        run_key=f"{key}-anthropic", job_name=load_anthropic.name, tags=range_tags(first, last)
    )
    yield dg.RunRequest(run_key=f"{key}-github", job_name=load_github.name)
    yield dg.RunRequest(run_key=f"{key}-marts", job_name=build_marts.name)


@dg.schedule(
    name="refresh_daily_schedule",
    cron_schedule=DAILY,
    execution_timezone="UTC",
    jobs=[load_anthropic, load_github, build_marts],
    description="Yesterday, then the marts.",
)
def refresh_daily_schedule() -> Iterator[dg.RunRequest]:
    yield from _requests(1, "daily")


@dg.schedule(
    name="restate_recent_schedule",
    cron_schedule=RESTATEMENT,
    execution_timezone="UTC",
    jobs=[load_anthropic, load_github, build_marts],
    description=f"The last {RESTATED_DAYS} days again: late sessions and corrections.",
)
def restate_recent_schedule() -> Iterator[dg.RunRequest]:
    yield from _requests(RESTATED_DAYS, "restate")
