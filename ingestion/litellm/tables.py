"""LiteLLM's raw tables: columns of a whitelist, people and keys as hashes."""

from __future__ import annotations

import pyarrow as pa

from ingestion.raw import INSTANT, RawTable

SOURCE = "litellm"
# Wide enough for a token of the cheapest model, and without the noise of a double.
USD = pa.decimal128(24, 12)

_REQUEST = pa.schema(
    [
        pa.field("request_id", pa.string(), nullable=False),
        pa.field("call_type", pa.string()),
        pa.field("key_hash", pa.string()),
        pa.field("key_alias", pa.string()),
        pa.field("team_id", pa.string()),
        pa.field("team_alias", pa.string()),
        pa.field("gateway_organization_id", pa.string()),
        # By `identity_hash`; null where nothing stood there, or no salt is set.
        pa.field("user_hash", pa.string()),
        pa.field("user_email_hash", pa.string()),
        pa.field("end_user_hash", pa.string()),
        pa.field("key_alias_hash", pa.string()),
        pa.field("session_id", pa.string()),
        pa.field("started_at", INSTANT),
        pa.field("ended_at", INSTANT),
        pa.field("model", pa.string()),
        pa.field("model_group", pa.string()),
        pa.field("custom_llm_provider", pa.string()),
        pa.field("status", pa.string()),
        pa.field("cache_hit", pa.string()),
        pa.field("spend_usd", USD),
        # As the gateway says: with what was read from a cache and written to it.
        pa.field("prompt_tokens", pa.int64()),
        pa.field("completion_tokens", pa.int64()),
        pa.field("text_tokens", pa.int64()),
        pa.field("cache_read_tokens", pa.int64()),
        pa.field("cache_creation_tokens", pa.int64()),
        pa.field("cache_creation_5m_tokens", pa.int64()),
        pa.field("cache_creation_1h_tokens", pa.int64()),
        pa.field("input_cost_usd", USD),
        pa.field("output_cost_usd", USD),
        pa.field("cache_read_cost_usd", USD),
        pa.field("cache_creation_cost_usd", USD),
        pa.field("tool_usage_cost_usd", USD),
        pa.field("service_tier", pa.string()),
        pa.field("speed", pa.string()),
        pa.field("inference_geo", pa.string()),
        pa.field("vertex_location", pa.string()),
        # The value of the one tag of LITELLM_TAG_NAMESPACE; null where there is none, or several.
        pa.field("tag", pa.string()),
        pa.field("tag_count", pa.int64()),
        pa.field("client", pa.string()),
        pa.field("client_version", pa.string()),
        pa.field("fetched_at", INSTANT),
        pa.field("run_id", pa.string()),
    ]
)

_DAILY_TOTAL = pa.schema(
    [
        # `user` or `team`: which of the gateway's daily tables it is the sum of.
        pa.field("entity", pa.string(), nullable=False),
        pa.field("usage_date", pa.date32(), nullable=False),
        pa.field("spend_usd", USD),
        pa.field("prompt_tokens", pa.int64()),
        pa.field("completion_tokens", pa.int64()),
        pa.field("cache_read_tokens", pa.int64()),
        pa.field("cache_creation_tokens", pa.int64()),
        pa.field("request_count", pa.int64()),
        pa.field("failed_request_count", pa.int64()),
        pa.field("fetched_at", INSTANT),
        pa.field("run_id", pa.string()),
    ]
)

REQUESTS = RawTable(
    SOURCE,
    "requests",
    _REQUEST,
    ("request_id",),
    ("request_id",),
    "One row per request in the gateway's log, also of those that it does not hold any more; of a"
    " whitelist of columns, with hashes of people.",
    records=None,
)
DAILY_TOTALS = RawTable(
    SOURCE,
    "daily_totals",
    _DAILY_TOTAL,
    ("entity", "usage_date"),
    ("entity", "usage_date"),
    "One row per UTC day and daily table of the gateway: its own sums, to check requests against.",
    records=None,
)
TABLES = (REQUESTS, DAILY_TOTALS)
