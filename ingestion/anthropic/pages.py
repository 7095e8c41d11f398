"""A page as it is stored: one row of a raw page table."""

from __future__ import annotations

import array
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
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
_BEFORE, _AFTER = b'{"data":[', b"]}"


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


class _Records(msgspec.Struct):
    data: list[msgspec.Raw] | None = None


def bounds(day: date) -> tuple[datetime, datetime]:
    """Return the half-open bounds of a UTC day."""
    return midnight(day), midnight(day + ONE_DAY)


def to_arrow(pages: Sequence[Page], run_id: str, *, records_apart: bool = False) -> pa.Table:
    """Return the rows of the raw table.

    Args:
        records_apart: store a page of more than `LONGEST_BODY` bytes as a row for each record:
            `{"data":[...]}` around it, the record as it was answered. A page without records in
            `data` stays as it is.
    """
    columns: dict[str, Any] = {
        name: [getattr(page, name) for page in pages]
        for name in raw.PAGES.names
        if name not in ("body", "run_id", "records_before")
    }
    bodies = [page.body.encode() for page in pages]
    columns["body"] = _texts(b"".join(bodies), list(map(len, bodies)))
    columns |= {"run_id": [run_id] * len(pages), "records_before": [0] * len(pages)}
    rows = pa.table(columns, schema=raw.PAGES)
    if not records_apart:
        return rows
    return pa.concat_tables(
        _records_apart(rows.slice(number, 1), page) for number, page in enumerate(pages)
    )


def _records_apart(row: pa.Table, page: Page) -> pa.Table:
    if page.byte_count <= LONGEST_BODY:
        return row
    records = msgspec.json.decode(page.body, type=_Records).data
    if not records:
        return row
    text = _BEFORE + (_AFTER + _BEFORE).join(records) + _AFTER
    lengths = pc.add(pa.array(map(len, records), pa.int64()), len(_BEFORE + _AFTER))
    columns: dict[str, Any] = {
        "body": _texts(text, lengths.to_pylist()),
        "byte_count": lengths,
        "record_count": [1] * len(records),
        "records_before": range(len(records)),
    }
    # Without the page's own text, which would be copied for each.
    rows = row.drop_columns(list(columns)).take([0] * len(records))
    for name, values in columns.items():
        rows = rows.append_column(name, pa.array(values, raw.PAGES.field(name).type))
    return rows.select(raw.PAGES.names)


def _texts(joined: bytes, lengths: Sequence[int]) -> pa.StringArray:
    """Return texts that stand one after the other: Arrow's own way to copy takes ten times that."""
    offsets = array.array("i", itertools.accumulate(lengths, initial=0))
    return pa.StringArray.from_buffers(len(lengths), pa.py_buffer(offsets), pa.py_buffer(joined))
