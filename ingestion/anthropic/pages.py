"""A page as it is stored: one row of a raw page table."""

from __future__ import annotations

import array
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import msgspec
import pyarrow as pa

from ingestion import raw
from ingestion.windows import ONE_DAY, midnight

CURRENT = "current"

# DuckDB reads, parses and compresses 2,048 rows at once, however long they are: 2 GB of pages of a
# megabyte. And it writes the last pages again with each new one, unless they are many rows.
LONGEST_BODY = 32_768


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
    records_before: int = 0


class _Records(msgspec.Struct):
    data: list[msgspec.Raw] | None = None


def bounds(day: date) -> tuple[datetime, datetime]:
    """Return the half-open bounds of a UTC day."""
    return midnight(day), midnight(day + ONE_DAY)


def in_pieces(page: Page) -> list[Page]:
    """Return a report's page with its records shared out to rows of about `LONGEST_BODY` bytes.

    Each piece is `{"data":[...]}` around records as they were answered. A page that is not long,
    or has its records elsewhere than in `data`, stays as it is.
    """
    if page.byte_count <= LONGEST_BODY:
        return [page]
    records = msgspec.json.decode(page.body, type=_Records).data or []
    count = -(-len(records) * LONGEST_BODY // page.byte_count) or 1
    starts = range(0, len(records), count)
    return [_piece(page, start, records[start : start + count]) for start in starts] or [page]


def _piece(page: Page, start: int, records: Sequence[msgspec.Raw]) -> Page:
    body = b'{"data":[' + b",".join(records) + b"]}"
    return replace(
        page,
        records_before=start,
        record_count=len(records),
        byte_count=len(body),
        body=body.decode(),
    )


def to_arrow(pages: Sequence[Page], run_id: str) -> pa.Table:
    """Return the rows of the raw table."""
    columns: dict[str, Any] = {
        name: [getattr(page, name) for page in pages]
        for name in raw.PAGES.names
        if name not in ("body", "run_id")
    }
    columns["body"] = _texts([page.body for page in pages])
    return pa.table({**columns, "run_id": [run_id] * len(pages)}, schema=raw.PAGES)


def _texts(texts: Sequence[str]) -> pa.StringArray:
    """Return long texts as an array, copied together once: Arrow's own way takes ten times that."""
    encoded = [text.encode() for text in texts]
    offsets = itertools.accumulate(map(len, encoded), initial=0)
    buffers = (array.array("i", offsets), b"".join(encoded))
    return pa.StringArray.from_buffers(len(texts), *map(pa.py_buffer, buffers))
