"""What is kept of telemetry: the fields of these two rows, and nothing else."""

from __future__ import annotations

from typing import get_type_hints

import msgspec
import pyarrow as pa
from msgspec import Struct

from ingestion.raw import INSTANT


class Event(Struct, tag="event", omit_defaults=True, gc=False):
    """An event of Claude Code. Times are nanoseconds since 1970, UTC; hashes are salted."""

    event_name: str
    time_ns: int
    event_sequence: int | None = None
    session_id: str | None = None
    prompt_id: str | None = None
    request_id: str | None = None
    tool_use_id: str | None = None
    # Of `user.id`, which is a machine's, not a person's.
    machine_key: str | None = None
    # Of the address, of the account and of its organisation.
    identity_hash: str | None = None
    account_key: str | None = None
    organization_key: str | None = None
    team: str | None = None
    cost_center: str | None = None
    client_version: str | None = None
    entrypoint: str | None = None
    terminal_type: str | None = None
    provider: str | None = None
    has_custom_base_url: bool | None = None
    model: str | None = None
    query_source: str | None = None
    agent_name: str | None = None
    skill_name: str | None = None
    mcp_server_name: str | None = None
    speed: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_creation_tokens: int | None = None
    cache_creation_5m_tokens: int | None = None
    cache_creation_1h_tokens: int | None = None
    # Decimal text, as sent.
    cost_usd: str | None = None
    cost_usd_micros: int | None = None
    duration_ms: int | None = None
    ttft_ms: int | None = None
    tool_name: str | None = None
    tool_source: str | None = None
    decision: str | None = None
    decision_source: str | None = None
    is_success: bool | None = None
    tool_input_bytes: int | None = None
    tool_result_bytes: int | None = None
    # Of a compaction.
    pre_tokens: int | None = None
    post_tokens: int | None = None


class Point(Struct, tag="point", omit_defaults=True, gc=False):
    """A point of a metric. ``value`` is what was counted since ``start_ns`` where it is cumulative.

    ``point_key`` is the same of a point that is sent again, ``series_key`` of the points of one
    counter.
    """

    metric_name: str
    time_ns: int
    start_ns: int
    # Decimal text: it may be money.
    value: str
    point_key: str
    series_key: str
    is_cumulative: bool | None = None
    session_id: str | None = None
    machine_key: str | None = None
    identity_hash: str | None = None
    account_key: str | None = None
    organization_key: str | None = None
    team: str | None = None
    cost_center: str | None = None
    client_version: str | None = None
    terminal_type: str | None = None
    point_type: str | None = None
    start_type: str | None = None
    model: str | None = None
    tool_name: str | None = None
    decision: str | None = None
    decision_source: str | None = None


Row = Event | Point

_TYPES = {"str": pa.string(), "int": pa.int64(), "bool": pa.bool_()}


# `request_id` is what the event says: of files there is none.
_READ = [pa.field("fetched_at", INSTANT), pa.field("run_id", pa.string())]


def _schema(row: type[Struct]) -> pa.Schema:
    hints = get_type_hints(row)
    fields = [
        pa.field(name, _TYPES[str(getattr(hints[name], "__args__", (hints[name],))[0].__name__)])
        for name in row.__struct_fields__
    ]
    return pa.schema(
        [
            # Of all that the row says: a row that comes again is the same one.
            pa.field("row_key", pa.string(), nullable=False),
            *fields,
            *_READ,
        ]
    )


EVENTS = _schema(Event)
POINTS = _schema(Point)
FILES = pa.schema(
    [
        # Of the file's name; names are not kept.
        pa.field("file_key", pa.string(), nullable=False),
        pa.field("byte_count", pa.int64()),
        pa.field("modified_at", INSTANT),
        pa.field("line_count", pa.int64()),
        pa.field("unreadable_line_count", pa.int64()),
        pa.field("repaired_line_count", pa.int64()),
        pa.field("record_count", pa.int64()),
        pa.field("foreign_record_count", pa.int64()),
        pa.field("dropped_address_count", pa.int64()),
        *_READ,
    ]
)

_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Row)


def encoded(rows: list[Row]) -> bytes:
    """Return rows as JSON lines."""
    return _ENCODER.encode_lines(rows)


def is_row(line: bytes) -> bool:
    """Return whether a line is a row that `encoded` has written."""
    try:
        _DECODER.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True
