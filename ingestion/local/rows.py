"""Lines of exports as rows: a whitelist of fields, each checked, in SQL.

A machine may send whatever it likes: what is no hash, no count and no name is not taken over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from ingestion.local.tables import CONTEXT_DAILY, COUNTS, DAYS, RESPONSES, TOKENS
from ingestion.raw import RawTable

_FORMAT = 1
_MOST = 10**12
MODEL = (
    r"(?:[a-z_]{1,20}/){0,3}[A-Za-z0-9_.:-]{1,80}(?:@(?:[0-9]{8}|default|latest))?"
    r"(?:\[[0-9a-z]{1,8}\])?"
)
TEXTS = (
    *("kind", "machine_key", "actor_hash", "message_id", "request_id", "session_key"),
    *("project_key", "first_at", "model", "is_subagent", "agent_type", "skill", "service_tier"),
    *("speed", "inference_geo", "client_version", "entrypoint", "billing_basis", "is_partial"),
    *("is_split_assumed", "exported_at", "usage_date", "is_complete", "item", "name"),
)
NUMBERS = ("format", *TOKENS, "web_search_count", *COUNTS)
_SHAPE = (
    "{"
    + ", ".join(
        [f'"{name}": "VARCHAR"' for name in TEXTS] + [f'"{name}": "DOUBLE"' for name in NUMBERS]
    )
    + "}"
)


def _hash(name: str) -> str:
    return f"case when regexp_full_match({name}, '[0-9a-f]{{32}}') then {name} end as {name}"


def _name(name: str) -> str:
    return (
        f"case when regexp_full_match({name}, '[A-Za-z0-9_.:-]{{1,80}}') then {name} end as {name}"
    )


def _count(name: str) -> str:
    return (
        f"case when {name} >= 0 and {name} <= {_MOST} then try_cast({name} as bigint) end as {name}"
    )


def _flag(name: str) -> str:
    return f"case {name} when 'true' then true when 'false' then false end as {name}"


def _instant(name: str) -> str:
    return (
        f"case when year(try_cast({name} as timestamptz)) between 2000 and 2100"
        f" then try_cast({name} as timestamptz) end as {name}"
    )


_DAY = """
    case when year(try_cast(usage_date as date)) between 2000 and 2100
        then try_cast(usage_date as date) end as usage_date
"""

_READ = {
    RESPONSES: (
        "response",
        [
            "case when regexp_full_match(message_id, '[A-Za-z0-9_.:=+-]{1,128}')"
            " then message_id end as message_id",
            *map(_hash, ("machine_key", "actor_hash", "session_key", "project_key")),
            "case when regexp_full_match(request_id, '[A-Za-z0-9_.:=+-]{1,128}')"
            " then request_id end as api_request_id",
            *map(_instant, ("first_at", "exported_at")),
            f"case when regexp_full_match(model, '{MODEL}') then model else 'unmapped' end"
            " as model",
            *map(_flag, ("is_subagent", "is_partial", "is_split_assumed")),
            *map(_name, ("agent_type", "skill", "service_tier", "speed", "inference_geo")),
            *map(_name, ("client_version", "entrypoint")),
            *map(_count, (*TOKENS, "web_search_count")),
            "case when billing_basis in ('api', 'subscription', 'gateway')"
            " then billing_basis end as billing_basis",
        ],
        ("message_id", "machine_key", "first_at", "exported_at", "is_subagent", *TOKENS),
    ),
    DAYS: (
        "day",
        [_hash("machine_key"), _DAY, _flag("is_complete")],
        ("machine_key", "usage_date", "is_complete"),
    ),
    CONTEXT_DAILY: (
        "context",
        [
            *map(_hash, ("machine_key", "actor_hash")),
            _DAY,
            *map(_name, ("item", "name")),
            *map(_count, COUNTS),
            _instant("exported_at"),
        ],
        ("machine_key", "usage_date", "item", "name", "exported_at", *COUNTS),
    ),
}


@dataclass(frozen=True)
class Taken:
    """How many lines of an export there were, and how many were not of its format."""

    lines: int
    rejected: int


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Create an empty temporary table `incoming_<name>` for each raw table."""
    for table in _READ:
        columns = ", ".join(_columns(table))
        connection.execute(
            f"create or replace temp table incoming_{table.name} as"
            f" select {columns} from {table.qualified_name} limit 0"
        )


def _columns(table: RawTable) -> Sequence[str]:
    return [name for name in table.schema.names if name not in ("fetched_at", "run_id")]


def take(connection: duckdb.DuckDBPyConnection, text: str) -> Taken:
    """Add the rows of an export to the tables that `prepare` has made."""
    connection.register("export_lines", pa.table({"line": text.split("\n")}))
    connection.execute(
        f"""
        create or replace temp table parsed as
        select unnest(from_json(line, '{_SHAPE}')) from export_lines where json_valid(line)
        """
    )
    (lines,) = connection.execute(
        "select count(*) from export_lines where trim(line, e' \\t\\r\\n') <> ''"
    ).fetchone() or (0,)
    connection.unregister("export_lines")
    taken = 0
    for table, (kind, columns, required) in _READ.items():
        selected = (
            f"select {', '.join(columns)} from parsed where kind = $kind and format = {_FORMAT}"
        )
        is_whole = " and ".join(f"{name} is not null" for name in required)
        (count,) = connection.execute(
            f"insert into incoming_{table.name} by name"
            f" select * from ({selected}) where {is_whole}",
            {"kind": kind},
        ).fetchone() or (0,)
        taken += int(count)
    return Taken(int(lines), int(lines) - taken)
