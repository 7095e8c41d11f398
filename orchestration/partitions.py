"""Daily UTC partitions of the reports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import dagster as dg

# Before this day no report of the Admin API holds anything.
FIRST_DAY = date(2023, 1, 1)

# Today is a partition too, so that it can be looked at: the ledger calls it partial.
daily = dg.DailyPartitionsDefinition(start_date=FIRST_DAY.isoformat(), end_offset=1)

RANGE_START_TAG = "dagster/asset_partition_range_start"
RANGE_END_TAG = "dagster/asset_partition_range_end"


def range_tags(first: date, last: date) -> dict[str, str]:
    """Return the tags that make one run load each day from ``first`` to ``last``, both included."""
    return {RANGE_START_TAG: first.isoformat(), RANGE_END_TAG: last.isoformat()}


def partition_days(keys: Sequence[str]) -> list[date]:
    """Return the days of partition keys."""
    return [date.fromisoformat(key) for key in keys]
