"""What the index tells, as tables: by what was asked, or the overview."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from local_usage import By
from local_usage.blocks import make_blocks
from local_usage.views import TOKENS, Chosen

# English and code have some four bytes a token.
BYTES_PER_TOKEN = 4
# An image costs by its size; this is one of the largest that is not scaled down.
TOKENS_PER_IMAGE = 1_600


@dataclass(frozen=True)
class Table:
    """Named columns and rows in order; dollars are decimals."""

    title: str
    columns: list[str]
    rows: list[tuple[object, ...]]

    def records(self) -> list[dict[str, object]]:
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


_MEASURES = f"""
    count(*) as response_count,
    count(distinct session_id) as session_count,
    {", ".join(f"coalesce(sum({name}), 0)::bigint as {name}" for name in TOKENS)},
    coalesce(sum(web_search_count), 0)::bigint as web_search_count,
    sum(list_cost_usd) as list_cost_usd,
    count(*) filter (list_cost_usd is null) as unpriced_response_count
"""
_ESTIMATED = (
    f"(coalesce(sum(byte_count), 0) // {BYTES_PER_TOKEN}"
    f" + coalesce(sum(image_count), 0) * {TOKENS_PER_IMAGE})::bigint"
)
_RESULTS = f"""
    count(*) as call_count,
    count(*) filter (has_result) as result_count,
    coalesce(sum(byte_count), 0)::bigint as result_bytes,
    coalesce(sum(image_count), 0)::bigint as image_count,
    {_ESTIMATED} as estimated_result_tokens
"""


def _of_responses(keys: str, order: str) -> str:
    return f"select {keys}, {_MEASURES} from priced group by all order by {order}"


def _queries(chosen: Chosen) -> dict[By, str]:
    most = "list_cost_usd desc nulls last, response_count desc, 1"
    return {
        By.DAY: _of_responses("usage_date", "1"),
        By.SESSION: f"""
            select
                session_id, any_value(project) as project, min(local_at) as started_at,
                max(local_at) as last_at, {_MEASURES}
            from priced group by session_id order by started_at, session_id
        """,
        By.PROJECT: _of_responses("project", most),
        By.MODEL: _of_responses("model", most),
        By.AGENT: _of_responses(
            "case when is_subagent then coalesce(agent, 'unknown sub-agent')"
            " else coalesce(agent, 'main thread') end as agent",
            most,
        ),
        By.SKILL: _of_responses("coalesce(skill, 'none') as skill", most),
        By.TOOL: f"""
            select tool, {_RESULTS} from calls
            group by tool order by result_bytes desc, call_count desc, tool
        """,
        By.MCP: f"""
            select mcp_server, * exclude (mcp_server)
            from (
                select mcp_server, {_RESULTS} from calls where mcp_server is not null group by all
            )
            full join (
                select mcp_server, {_MEASURES} from priced where mcp_server is not null group by all
            ) using (mcp_server)
            order by mcp_server
        """,
        By.HOUR: f"""
            select hour(local_at) as hour, {_MEASURES} from priced group by all order by 1
        """,
        By.BLOCK: f"""
            select
                {chosen.local("started_at")} as started_at,
                {chosen.local("started_at + interval 5 hours")} as ended_at,
                {_MEASURES}
            from priced inner join blocks using (response_key)
            group by all order by 1
        """,
    }


def table_by(connection: duckdb.DuckDBPyConnection, chosen: Chosen, by: By) -> Table:
    """Return a row for each day, session, … of what `make_views` has chosen.

    Hours, days and times are those of the time zone that was chosen.
    """
    if by is By.BLOCK:
        make_blocks(connection)
    return _table(connection, f"By {by}", _queries(chosen)[by])


def overview(connection: duckdb.DuckDBPyConnection, chosen: Chosen) -> list[Table]:
    """Return the tables of the overview, each with its title, totals first."""
    make_blocks(connection)
    queries = _queries(chosen)
    busiest = "order by list_cost_usd desc nulls last, response_count desc, 1 limit 5"
    return [
        _table(connection, "totals", _TOTALS),
        _table(connection, "models", queries[By.MODEL]),
        _table(connection, "agents", queries[By.AGENT]),
        _table(connection, "context", _context(chosen)),
        _table(connection, "compactions", _compactions(chosen)),
        _table(connection, "busiest hours", f"from ({queries[By.HOUR]}) {busiest}"),
        _table(connection, "latest blocks", f"from ({queries[By.BLOCK]}) order by 1 desc limit 5"),
    ]


_TOTALS = f"""
select
    {_MEASURES},
    count(distinct project) as project_count,
    round(
        sum(cache_read_tokens) / nullif(sum(
            uncached_input_tokens + cache_read_tokens + cache_creation_5m_tokens
            + cache_creation_1h_tokens
        ), 0), 4
    ) as cache_read_share,
    count(*) filter (is_subagent) as subagent_response_count,
    min(local_at) as first_at,
    max(local_at) as last_at
from priced
"""


def _context(chosen: Chosen) -> str:
    """Return what goes into the context beside replies, by kind: bytes, and tokens by estimate."""
    return f"""
        select
            kind, name, sum(item_count)::bigint as item_count, sum(byte_count)::bigint as bytes,
            sum(byte_count)::bigint // {BYTES_PER_TOKEN}
                + sum(image_count)::bigint * {TOKENS_PER_IMAGE} as estimated_tokens
        from (
            select
                case when mcp_server is not null then 'mcp result' else 'tool result' end as kind,
                coalesce(mcp_server, tool) as name, 1 as item_count,
                coalesce(byte_count, 0) as byte_count, coalesce(image_count, 0) as image_count
            from calls where has_result
            union all by name
            select
                kind, name, 1 as item_count, byte_count, 0 as image_count
            from context_items where {chosen.condition("occurred_at")}
        )
        group by kind, name
        having sum(byte_count) > 0
        order by bytes desc, kind, name
    """


def _compactions(chosen: Chosen) -> str:
    return f"""
        select
            coalesce(trigger, 'unknown') as trigger, count(*) as compaction_count,
            sum(tokens_before)::bigint as context_tokens_before,
            sum(tokens_after)::bigint as context_tokens_after
        from compactions where {chosen.condition("occurred_at")}
        group by all order by 1
    """


# How the figures fall short, with how many responses each is true of.
_NOTES = (
    ("is_of_unknown_model", "are of a model without a list price: their cost is left out"),
    (
        "is_of_other_speed and not is_of_unknown_model",
        "were fast, at a price that is not known here: their cost is left out",
    ),
    (
        "is_of_other_tier",
        "were of another service tier than standard, and are priced as standard",
    ),
    ("is_above_tier", "were longer than the price tier that is known here: they cost more"),
    ("is_split_assumed", "do not tell how long all was cached: priced as cached for 5 minutes"),
    ("not is_final", "have no final count of output: theirs is a lower bound"),
)
_READING_NOTES = (
    ("unreadable_count", "lines are no whole JSON and were left out"),
    ("mended_count", "lines held half a character and were read all the same"),
    ("not_utf8_count", "lines are not in UTF-8 and were read all the same"),
    ("nul_count", "lines held NUL bytes and were read without them"),
    ("too_long_count", "lines are longer than 256 MB and were left out"),
    ("torn_end_count", "files end within a line, which is read when it is whole"),
    ("unknown_type_count", "lines are of a type that is not known here, and were left out"),
    ("synthetic_count", "lines were made by the client, no answers of the API"),
    ("api_error_count", "lines tell of API errors, which cost nothing"),
    ("without_usage_count", "answers tell no tokens and were left out"),
    ("impossible_count", "answers tell impossible tokens and were left out"),
    ("without_id_count", "answers have no id at all and were left out"),
)


def notes(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Return a line for each thing that is not as it should be, with how often."""
    queries = (
        ("priced", " responses", [(f"count(*) filter ({one})", text) for one, text in _NOTES]),
        ("files", "", [(f"coalesce(sum({one}), 0)::bigint", text) for one, text in _READING_NOTES]),
    )
    said = []
    for relation, noun, columns in queries:
        counts = _counted(connection, relation, [one for one, _ in columns])
        for count, (_, text) in zip(counts, columns, strict=True):
            if count:
                said.append(f"{count:,}{noun} {text}")
    return said


def _counted(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: Sequence[str]
) -> tuple[int, ...]:
    row = connection.execute(f"select {', '.join(columns)} from {relation}").fetchone()
    assert row is not None
    return row


def _table(connection: duckdb.DuckDBPyConnection, title: str, query: str) -> Table:
    cursor = connection.execute(query)
    return Table(title, [one[0] for one in cursor.description], cursor.fetchall())
