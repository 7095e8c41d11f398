"""What is read of LiteLLM's tables, and nothing else: each column with its SQL for Postgres.

Versions of LiteLLM have different columns: one whose column is not there is null. What the gateway
writes into JSON comes as text, as any type may stand there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

LOG = "LiteLLM_SpendLogs"
# Daily tables by what they sum up; the one of tags has each request once for each of its tags.
DAILY = {"user": "LiteLLM_DailyUserSpend", "team": "LiteLLM_DailyTeamSpend"}
# Names of columns by table.
Found = Mapping[str, Collection[str]]


@dataclass(frozen=True)
class Column:
    """A column that is read: its name, type and SQL, and the column that the SQL is made of."""

    name: str
    type: str
    sql: str
    of: str


def _plain(name: str, of: str | None = None, kind: str = "text") -> Column:
    return Column(name, kind, f'log."{of or name}"', of or name)


def _meta(name: str, sql: str) -> Column:
    return Column(name, "text", sql, "metadata")


_CACHE = "cache_creation_token_details"


def _cache_write(name: str) -> Column:
    """A part of what was written to the cache, where versions of LiteLLM have it."""
    return _meta(
        name,
        f"coalesce(usage.prompt_tokens_details #>> '{{{_CACHE},{name}}}',"
        f" extra.prompt_tokens_details #>> '{{{_CACHE},{name}}}',"
        f" usage.cache_creation ->> '{name}')",
    )


def _usage(name: str) -> Column:
    return _meta(name, f"coalesce(usage.{name}, extra.{name})")


# What is no hash is a key, or says who signed in: it leaves the database as a hash.
_KEY = (
    """case when log."api_key" ~ '^([0-9a-f]{64})?$' then log."api_key" """
    """else encode(sha256(convert_to(log."api_key", 'UTF8')), 'hex') end"""
)

REQUEST = (
    _plain("request_id"),
    _plain("call_type"),
    Column("api_key", "text", _KEY, "api_key"),
    _meta("key_alias", "meta.user_api_key_alias"),
    _plain("team_id"),
    _meta("team_alias", "meta.user_api_key_team_alias"),
    _plain("organization_id"),
    _plain("user_id", "user"),
    _meta("user_email", "meta.user_api_key_user_email"),
    _plain("end_user"),
    _plain("session_id"),
    _plain("started_at", "startTime", "timestamp"),
    _plain("ended_at", "endTime", "timestamp"),
    _plain("model"),
    _plain("model_group"),
    _plain("custom_llm_provider"),
    _plain("status"),
    _meta("status_told", "meta.status"),
    _plain("cache_hit"),
    _plain("spend"),
    _plain("prompt_tokens"),
    _plain("completion_tokens"),
    _meta(
        "text_tokens",
        "coalesce(usage.prompt_tokens_details ->> 'text_tokens',"
        " extra.prompt_tokens_details ->> 'text_tokens')",
    ),
    _usage("cache_read_input_tokens"),
    _usage("cache_creation_input_tokens"),
    _cache_write("ephemeral_5m_input_tokens"),
    _cache_write("ephemeral_1h_input_tokens"),
    _meta("input_cost", "cost.input_cost"),
    _meta("output_cost", "cost.output_cost"),
    _meta("cache_read_cost", "cost.cache_read_cost"),
    _meta("cache_creation_cost", "cost.cache_creation_cost"),
    _meta("tool_usage_cost", "cost.tool_usage_cost"),
    _meta("service_tier", "coalesce(cost.service_tier, usage.service_tier, extra.service_tier)"),
    _meta("speed", "coalesce(usage.speed, extra.speed)"),
    _meta("inference_geo", "coalesce(usage.inference_geo, extra.inference_geo)"),
    _meta("vertex_location", "cost.vertex_location"),
    _plain("request_tags"),
)

_FIELDS_OF_USAGE = (
    "cache_read_input_tokens text, cache_creation_input_tokens text, service_tier text, speed text,"
    " inference_geo text, prompt_tokens_details jsonb, cache_creation jsonb"
)
# Each JSON is opened once for all its fields; what is no object has none.
_JSON = (
    (
        "meta",
        "log.metadata",
        "user_api_key_alias text, user_api_key_team_alias text, user_api_key_user_email text,"
        " status text, usage_object jsonb, additional_usage_values jsonb, cost_breakdown jsonb",
    ),
    ("usage", "meta.usage_object", _FIELDS_OF_USAGE),
    ("extra", "meta.additional_usage_values", _FIELDS_OF_USAGE),
    (
        "cost",
        "meta.cost_breakdown",
        "input_cost text, output_cost text, cache_read_cost text, cache_creation_cost text,"
        " tool_usage_cost text, service_tier text, vertex_location text",
    ),
)


def _opened(name: str, json: str, fields: str) -> str:
    value = f"case when jsonb_typeof({json}) = 'object' then {json} else '{{}}' end"
    return f"\n    cross join lateral jsonb_to_record({value}) as {name}({fields})"


OPENED = "".join(_opened(*one) for one in _JSON)

_SUMS = {
    "spend_usd": "spend",
    "prompt_tokens": "prompt_tokens",
    "completion_tokens": "completion_tokens",
    "cache_read_input_tokens": "cache_read_input_tokens",
    "cache_creation_input_tokens": "cache_creation_input_tokens",
    "api_requests": "api_requests",
    "failed_requests": "failed_requests",
}
# Sums of decimals: those of doubles depend on their order.
TOTAL = (
    Column("usage_date", "text", 'log."date"', "date"),
    *(Column(name, "text", f'sum(log."{of}"::numeric)', of) for name, of in _SUMS.items()),
)


def selected(columns: Collection[Column], there: Collection[str]) -> str:
    """Return the SQL of a list of columns, null where those that they are made of are missing."""
    return ",\n    ".join(
        f"{f'({one.sql})' if one.of in there else 'null'}::{one.type} as {one.name}"
        for one in columns
    )


def requests_query(table: str, there: Collection[str]) -> str:
    """Return the query of the log, quoted as ``table``, whose columns ``there`` are."""
    opened = OPENED if "metadata" in there else ""
    return f"select\n    {selected(REQUEST, there)}\nfrom {table} as log{opened}"


def totals_query(tables: Mapping[str, str], found: Mapping[str, Collection[str]]) -> str:
    """Return the query of the days' sums, of each daily table by what it sums up."""
    return "\nunion all\n".join(
        f"select\n    '{entity}'::text as entity,\n    {selected(TOTAL, found[entity])}"
        f'\nfrom {table} as log\ngroup by log."date"'
        for entity, table in tables.items()
    )
