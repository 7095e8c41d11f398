"""Raw tables of exports: rows that several exports may hold, of which the greatest stays."""

from __future__ import annotations

import pyarrow as pa

from ingestion.raw import INSTANT, KeptTable, RawTable

SOURCE = "local"

TOKENS = (
    *("uncached_input_tokens", "cache_read_tokens", "cache_creation_5m_tokens"),
    *("cache_creation_1h_tokens", "output_tokens"),
)
COUNTS = ("item_count", "byte_count", "image_count", "tokens_before", "tokens_after")

_LOADED = [pa.field("fetched_at", INSTANT), pa.field("run_id", pa.string())]

_RESPONSE = pa.schema(
    [
        pa.field("message_id", pa.string(), nullable=False),
        # What stands for machine, person, session and folder: salted hashes.
        pa.field("machine_key", pa.string()),
        pa.field("actor_hash", pa.string()),
        pa.field("session_key", pa.string()),
        pa.field("project_key", pa.string()),
        pa.field("api_request_id", pa.string()),
        pa.field("first_at", INSTANT),
        pa.field("model", pa.string()),
        pa.field("is_subagent", pa.bool_()),
        pa.field("agent_type", pa.string()),
        pa.field("skill", pa.string()),
        *(pa.field(name, pa.int64()) for name in TOKENS),
        pa.field("web_search_count", pa.int64()),
        pa.field("service_tier", pa.string()),
        pa.field("speed", pa.string()),
        pa.field("inference_geo", pa.string()),
        pa.field("client_version", pa.string()),
        pa.field("entrypoint", pa.string()),
        pa.field("billing_basis", pa.string()),
        pa.field("is_partial", pa.bool_()),
        pa.field("is_split_assumed", pa.bool_()),
        pa.field("exported_at", INSTANT),
        *_LOADED,
    ]
)

_DAY = pa.schema(
    [
        pa.field("machine_key", pa.string(), nullable=False),
        pa.field("usage_date", pa.date32(), nullable=False),
        pa.field("is_complete", pa.bool_()),
        *_LOADED,
    ]
)

_CONTEXT = pa.schema(
    [
        pa.field("machine_key", pa.string(), nullable=False),
        pa.field("usage_date", pa.date32(), nullable=False),
        pa.field("item", pa.string(), nullable=False),
        pa.field("name", pa.string(), nullable=False),
        pa.field("actor_hash", pa.string()),
        *(pa.field(name, pa.int64()) for name in COUNTS),
        pa.field("exported_at", INSTANT),
        *_LOADED,
    ]
)

RESPONSES = RawTable(
    SOURCE,
    "responses",
    _RESPONSE,
    ("message_id",),
    ("message_id",),
    "One row per response of the API that any machine's transcripts hold: the one with the greatest"
    " output that was exported. None is ever deleted.",
    records=None,
)
DAYS = RawTable(
    SOURCE,
    "days",
    _DAY,
    ("machine_key", "usage_date"),
    ("machine_key", "usage_date"),
    "One row per machine and UTC day with responses: whether all of the day was still there when"
    " it was read.",
    records=None,
)
CONTEXT_DAILY = RawTable(
    SOURCE,
    "context_daily",
    _CONTEXT,
    ("machine_key", "usage_date", "item", "name"),
    ("machine_key", "usage_date", "item", "name"),
    "One row per machine, UTC day, kind and name of what filled the context: counts and bytes, the"
    " greatest that were exported.",
    records=None,
)
TABLES = (RESPONSES, DAYS, CONTEXT_DAILY)

EXPORT_FILES = KeptTable(
    "export_files",
    pa.schema(
        [
            # A hash of the path below the folder, which may name people.
            pa.field("file_key", pa.string(), nullable=False),
            pa.field("byte_count", pa.int64()),
            pa.field("modified_ns", pa.int64()),
            pa.field("line_count", pa.int64()),
            pa.field("rejected_line_count", pa.int64()),
            pa.field("read_at", INSTANT),
            pa.field("run_id", pa.string()),
        ]
    ),
    "One row per file of an export that was read, and how many of its lines were left out.",
)
EXPORT_FILES_TABLE = f"raw_{SOURCE}.{EXPORT_FILES.name}"
