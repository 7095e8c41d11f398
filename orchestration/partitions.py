"""Daily UTC partitions of the reports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import dagster as dg

from ingestion.settings import Settings
from publishing import first_report_day


def _first_day(settings: Settings) -> date:
    """Return the first day of the partitions: HISTORY_START, or an older one that is published.

    Read from the published file and not from the warehouse, which whoever reads it locks.
    """
    published = first_report_day(settings.publish_path)
    return min(settings.history_start, published or settings.history_start)


FIRST_DAY = _first_day(Settings())

# Today is a partition too, so that it can be looked at: the ledger calls it partial.
daily = dg.DailyPartitionsDefinition(start_date=FIRST_DAY.isoformat(), end_offset=1)

# For a day of everything, which is over.
past_days = dg.DailyPartitionsDefinition(start_date=FIRST_DAY.isoformat())

RANGE_START_TAG = "dagster/asset_partition_range_start"
RANGE_END_TAG = "dagster/asset_partition_range_end"


def range_tags(first: date, last: date) -> dict[str, str]:
    """Return the tags that make one run load each day from ``first`` to ``last``, both included."""
    return {RANGE_START_TAG: first.isoformat(), RANGE_END_TAG: last.isoformat()}


def partition_days(keys: Sequence[str]) -> list[date]:
    """Return the days of partition keys."""
    return [date.fromisoformat(key) for key in keys]
