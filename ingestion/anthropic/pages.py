"""A page as it is stored: one row of a raw page table."""

from __future__ import annotations

import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import accumulate, chain, repeat
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from ingestion import raw
from ingestion.windows import ONE_DAY, midnight

CURRENT = "current"

# DuckDB reads, parses and compresses 2,048 rows at once, however long they are: 2 GB of pages of a
# megabyte. A record a row, it parses in a third of the time, and on all threads.
LONGEST_BODY = 32_768


@dataclass(frozen=True)
class Page:
    """One row of a raw page table, but for the run id.

    ``body`` is UTF-8. ``records`` are those of its list, as they stand in it: a long page is cut by
    them. None where a page is itself the one record that it tells of.
    """

    window_key: str
    window_start: datetime | None
    window_end: datetime | None
    page_number: int
    is_last_page: bool
    body: bytes
    records: Sequence[msgspec.Raw] | None
    request_path: str
    request_query: str
    data_refreshed_at: datetime | None
    request_id: str | None
    api_version: str
    fetched_at: datetime

    @property
    def record_count(self) -> int:
        return 1 if self.records is None else len(self.records)


def bounds(day: date) -> tuple[datetime, datetime]:
    """Return the half-open bounds of a UTC day."""
    return midnight(day), midnight(day + ONE_DAY)


def to_arrow(pages: Sequence[Page], run_id: str, *, records: str | None = None) -> pa.Table:
    """Return the rows of the raw table.

    Args:
        records: the name of a body's list of records. A page of more than `LONGEST_BODY` bytes is
            then stored as a row for each record: the page with that record alone in its list, as it
            was answered. A page without records stays as it is.
    """
    bodies = [_bodies(page, records) for page in pages]
    counts = [len(texts) for texts in bodies]
    of_page = pa.array(chain.from_iterable(map(repeat, range(len(pages)), counts)), pa.int64())
    body = pa.chunked_array(bodies, pa.string())
    record_counts = [
        1 if count > 1 else page.record_count for page, count in zip(pages, counts, strict=True)
    ]
    columns: dict[str, Any] = {
        "body": body,
        "record_count": pa.array(record_counts, pa.int64()).take(of_page),
        "byte_count": pc.binary_length(body).cast(pa.int64()),
        "records_before": pa.array(chain.from_iterable(map(range, counts)), pa.int64()),
        "run_id": pa.repeat(run_id, len(of_page)),
    }
    for field in raw.PAGES:
        if field.name not in columns:
            values = [getattr(page, field.name) for page in pages]
            columns[field.name] = pa.array(values, field.type).take(of_page)
    return pa.table(columns, schema=raw.PAGES)


def _bodies(page: Page, name: str | None) -> pa.StringArray:
    """Return the page's text, or that of each of its records in a page of its own."""
    if name is None or len(page.body) <= LONGEST_BODY or not page.records:
        return _texts(page.body, [len(page.body)])
    before, after = _before(page.body, name), b"]}"
    # From the first `before` to the last `after`: what stands around that is skipped, not copied.
    joined = (after + before).join([b"", *page.records, b""])
    around = len(before) + len(after)
    lengths = map(around.__add__, map(len, page.records))
    return _texts(joined, lengths, start=len(after))


def _before(body: bytes, name: str) -> bytes:
    """Return what stands before a record: what a bucket says of its records, its time above all.

    Beside a page's `data` stands only how to go on.
    """
    beside = {} if name == "data" else msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    texts = [
        msgspec.json.encode(key) + b":" + bytes(value)
        for key, value in beside.items()
        if key != name
    ]
    return b"{" + b",".join([*texts, msgspec.json.encode(name) + b":["])


def _texts(joined: bytes, lengths: Iterable[int], *, start: int = 0) -> pa.StringArray:
    """Return texts that stand one after the other: Arrow's own way to copy takes ten times that."""
    offsets = array.array("i", accumulate(lengths, initial=start))
    buffers = pa.py_buffer(offsets), pa.py_buffer(joined)
    return pa.StringArray.from_buffers(len(offsets) - 1, *buffers)
