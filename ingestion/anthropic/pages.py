"""A page as it is stored: one row of a raw page table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa

from ingestion import raw
from ingestion.windows import ONE_DAY, midnight

CURRENT = "current"


@dataclass(frozen=True)
class Page:
    """One row of a raw page table, but for the run id. ``byte_count`` is of UTF-8."""

    window_key: str
    window_start: datetime | None
    window_end: datetime | None
    page_number: int
    is_last_page: bool
    record_count: int
    byte_count: int
    body: str
    request_path: str
    request_query: str
    data_refreshed_at: datetime | None
    request_id: str | None
    api_version: str
    fetched_at: datetime


def bounds(day: date) -> tuple[datetime, datetime]:
    """Return the half-open bounds of a UTC day."""
    return midnight(day), midnight(day + ONE_DAY)


def to_arrow(pages: Sequence[Page], run_id: str) -> pa.Table:
    """Return the rows of the raw table."""
    columns = {
        name: [getattr(page, name) for page in pages]
        for name in raw.PAGES.names
        if name != "run_id"
    }
    return pa.table({**columns, "run_id": [run_id] * len(pages)}, schema=raw.PAGES)
