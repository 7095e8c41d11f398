"""A page as it is stored: one row of a raw page table."""

from __future__ import annotations

import array
import functools
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


def to_arrow(pages: Sequence[Page], run_id: str, *, records: str | None = None) -> pa.Table:
    """Return the rows of the raw table.

    Args:
        records: the name of a body's list of records. A page of more than `LONGEST_BODY` bytes is
            then stored as a row for each record: the page with that record alone in its list, as it
            was answered. A page without records stays as it is.
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
    if records is None:
        return rows
    return pa.concat_tables(
        _records_apart(rows.slice(number, 1), page, records) for number, page in enumerate(pages)
    )


def _records_apart(row: pa.Table, page: Page, name: str) -> pa.Table:
    if page.byte_count <= LONGEST_BODY:
        return row
    records = msgspec.json.decode(page.body, type=_list_of(name)).records
    if not records:
        return row
    before, after = _before(page.body, name), b"]}"
    text = before + (after + before).join(records) + after
    lengths = pc.add(pa.array(map(len, records), pa.int64()), len(before + after))
    columns: dict[str, Any] = {
        "body": _texts(text, lengths.to_pylist()),
        "byte_count": lengths,
        "record_count": [1] * len(records),
        "records_before": range(len(records)),
    }
    # Without the page's own text, which would be copied for each.
    rows = row.drop_columns(list(columns)).take([0] * len(records))
    for column, values in columns.items():
        rows = rows.append_column(column, pa.array(values, raw.PAGES.field(column).type))
    return rows.select(raw.PAGES.names)


@functools.cache
def _list_of(name: str) -> Any:
    """Return the type of a body of which its list of records is read, and nothing else."""
    records = ("records", list[msgspec.Raw] | None, None)
    return msgspec.defstruct("Records", [records], rename={"records": name})


def _before(body: str, name: str) -> bytes:
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


def _texts(joined: bytes, lengths: Sequence[int]) -> pa.StringArray:
    """Return texts that stand one after the other: Arrow's own way to copy takes ten times that."""
    offsets = array.array("i", itertools.accumulate(lengths, initial=0))
    return pa.StringArray.from_buffers(len(lengths), pa.py_buffer(offsets), pa.py_buffer(joined))
