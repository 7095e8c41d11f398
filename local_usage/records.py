"""Lines as records: the fields that are counted, taken out of JSON in SQL; no text comes out.

Every name is listed here. What is not listed is dropped before anything is written.
"""

from __future__ import annotations

# A name that a person or program chose: what is longer or holds other signs is no name.
NAME = r"[A-Za-z0-9_.:@-]{1,80}"
# A model, with what clouds and gateways put around it.
MODEL = (
    r"(?:[a-z_]{1,20}/){0,3}[A-Za-z0-9_.:-]{1,80}(?:@(?:[0-9]{8}|default|latest))?"
    r"(?:\[[0-9a-z]{1,8}\])?"
)
# Ids of responses, requests and sessions.
_ID = r"[A-Za-z0-9_.:=+-]{1,128}"

# Of tokens and bytes: more is a mistake.
_MOST = 10**12

KNOWN_TYPES = (
    *("assistant", "user", "system", "attachment", "summary", "progress", "queue-operation"),
    *("last-prompt", "mode", "permission-mode", "tools-used", "cost-state", "atis-latch"),
    *("api-request", "api-request-shape", "api-request-blob", "file-history-snapshot"),
    *("custom-title", "ai-title", "agent-name", "pr-link", "tag", "bridge-session"),
)

_SHAPE = """{
    "type": "VARCHAR", "subtype": "VARCHAR", "uuid": "VARCHAR", "timestamp": "VARCHAR",
    "sessionId": "VARCHAR", "requestId": "VARCHAR", "isSidechain": "VARCHAR",
    "agentId": "VARCHAR", "isApiErrorMessage": "VARCHAR", "attributionAgent": "VARCHAR",
    "attributionSkill": "VARCHAR", "attributionMcpServer": "VARCHAR", "version": "VARCHAR",
    "entrypoint": "VARCHAR", "cwd": "VARCHAR", "isMeta": "VARCHAR",
    "attachment": "JSON",
    "compactMetadata": {"trigger": "VARCHAR", "preTokens": "DOUBLE", "postTokens": "DOUBLE"},
    "message": {
        "id": "VARCHAR", "model": "VARCHAR", "stop_reason": "VARCHAR", "content": "JSON",
        "usage": {
            "input_tokens": "DOUBLE", "output_tokens": "DOUBLE",
            "cache_read_input_tokens": "DOUBLE", "cache_creation_input_tokens": "DOUBLE",
            "cache_creation": {
                "ephemeral_5m_input_tokens": "DOUBLE", "ephemeral_1h_input_tokens": "DOUBLE"
            },
            "server_tool_use": {"web_search_requests": "DOUBLE", "web_fetch_requests": "DOUBLE"},
            "service_tier": "VARCHAR", "speed": "VARCHAR", "inference_geo": "VARCHAR"
        }
    }
}"""
_BLOCKS = (
    '[{"type": "VARCHAR", "id": "VARCHAR", "name": "VARCHAR", "tool_use_id": "VARCHAR",'
    ' "text": "VARCHAR", "content": "JSON"}]'
)
_PARTS = '[{"type": "VARCHAR", "text": "VARCHAR"}]'

# Halves of a character that JavaScript writes where it cuts a text: JSON's rules forbid them.
_HALVES = r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
# With this begins each record of a thread: one may stand behind a torn one in its line.
_BEGIN = '{"parentUuid":'


def name_sql(expression: str, otherwise: str = "'custom'") -> str:
    """Return the SQL of a name, or of ``otherwise`` where it is none."""
    return (
        f"case when regexp_full_match({expression}, '{NAME}') and not contains({expression}, '@')"
        f" then {expression} when {expression} is not null then {otherwise} end"
    )


def id_sql(expression: str) -> str:
    """Return the SQL of an id, hashed where it holds signs that none has."""
    return (
        f"case when regexp_full_match({expression}, '{_ID}') then {expression}"
        f" when {expression} <> '' then 'sha256-' || left(sha256({expression}), 40) end"
    )


def _count_sql(expression: str) -> str:
    return f"coalesce(try_cast({expression} as bigint), 0)"


# What of `lines` (file_id, place, line) is no JSON: blank, mended, told by its end, or lost.
_UNREADABLE = f"""
create or replace temp table unreadable as
select
    file_id,
    place,
    trim(line, e' \\t\\r\\n') = '' as is_blank,
    regexp_replace(line, '{_HALVES}', '\\ufffd', 'g') as whole,
    '{_BEGIN}' || string_split(whole, '{_BEGIN}')[-1] as last_record,
    json_valid(whole) as is_mended,
    case
        when is_mended then whole
        when contains(whole, '{_BEGIN}') and json_valid(last_record) then last_record
    end as mended
from lines
where not json_valid(line)
"""

_RECORDS = f"""
create or replace temp table records as
with parsed as (
    select file_id, place, from_json(line, '{_SHAPE}') as r
    from (
        select file_id, place, line from lines
        anti join unreadable using (file_id, place)
        union all
        select file_id, place, mended as line from unreadable where mended is not null
    )
),

placed as (
    select
        file_id,
        place,
        r,
        coalesce(r.type, '') as type,
        try_cast(r.timestamp as timestamptz)::timestamp as raw_at,
        case when year(raw_at) between 2000 and 2100 then raw_at end as occurred_at,
        r.message.usage as usage,
        case when type in ('assistant', 'user')
            then from_json(r.message.content, '{_BLOCKS}') end as blocks,
        coalesce(r.isSidechain = 'true', false) or coalesce(r.agentId, '') <> '' as is_subagent
    from parsed
)

select
    file_id,
    place,
    type,
    occurred_at,
    {id_sql("r.sessionId")} as session_id,
    {id_sql("r.uuid")} as uuid,
    coalesce({id_sql("r.message.id")}, {id_sql("r.requestId")}, {id_sql("r.uuid")})
        as response_key,
    {id_sql("r.requestId")} as request_id,
    {id_sql("r.agentId")} as agent_id,
    is_subagent,
    {name_sql("r.attributionAgent")} as agent,
    {name_sql("r.attributionSkill")} as skill,
    {name_sql("r.attributionMcpServer")} as mcp_server,
    {name_sql("r.version", "null")} as client_version,
    {name_sql("r.entrypoint", "null")} as entrypoint,
    case when regexp_full_match(r.message.model, '{MODEL}') then r.message.model
        when r.message.model is not null then 'unmapped' end as model,
    r.message.stop_reason is not null as is_final,
    {_count_sql("usage.input_tokens")} as uncached_input_tokens,
    {_count_sql("usage.cache_read_input_tokens")} as cache_read_tokens,
    {_count_sql("usage.cache_creation_input_tokens")} as written_tokens,
    {_count_sql("usage.cache_creation.ephemeral_5m_input_tokens")} as written_5m_tokens,
    {_count_sql("usage.cache_creation.ephemeral_1h_input_tokens")} as written_1h_tokens,
    {_count_sql("usage.output_tokens")} as output_tokens,
    {_count_sql("usage.server_tool_use.web_search_requests")} as web_search_count,
    {_count_sql("usage.server_tool_use.web_fetch_requests")} as web_fetch_count,
    {name_sql("usage.service_tier", "'unmapped'")} as service_tier,
    {name_sql("usage.speed", "'unmapped'")} as speed,
    {name_sql("usage.inference_geo", "'unmapped'")} as inference_geo,
    case
        when type <> 'assistant' then null
        when coalesce(r.isApiErrorMessage = 'true', false) then 'api_error'
        when r.message.model = '<synthetic>' then 'synthetic'
        when usage.output_tokens is null and usage.input_tokens is null then 'without_usage'
        when
            list_max(list_transform(amounts, lambda one: abs(one))) > {_MOST}
            or list_min(amounts) < 0
            then 'impossible'
        when response_key is null then 'without_id'
    end as skipped_as,
    blocks,
    case when type = 'user' and blocks is null then strlen(r.message.content->>'$') end
        as prompt_bytes,
    case when type = 'attachment' then strlen(r.attachment) end as attachment_bytes,
    {name_sql("r.attachment->>'$.type'", "'other'")} as attachment_type,
    type = 'system' and coalesce(r.subtype = 'compact_boundary', false) as is_compaction,
    case when r.compactMetadata.trigger in ('manual', 'auto') then r.compactMetadata.trigger end
        as compaction_trigger,
    try_cast(r.compactMetadata.preTokens as bigint) as tokens_before,
    try_cast(r.compactMetadata.postTokens as bigint) as tokens_after
from (
    select
        *,
        [
            usage.input_tokens, usage.output_tokens, usage.cache_read_input_tokens,
            usage.cache_creation_input_tokens, usage.cache_creation.ephemeral_5m_input_tokens,
            usage.cache_creation.ephemeral_1h_input_tokens,
            usage.server_tool_use.web_search_requests, usage.server_tool_use.web_fetch_requests
        ] as amounts
    from placed
)
"""

# Text in a tool's result, in bytes, and its images, which cost by size and not by bytes.
_RESULTS = f"""
create or replace temp table tool_blocks as
with blocks as (
    select file_id, session_id, occurred_at, is_subagent, type, unnest(blocks) as b
    from records where blocks is not null
)

select
    file_id,
    session_id,
    occurred_at,
    is_subagent,
    b.type as block_type,
    {id_sql("coalesce(b.id, b.tool_use_id)")} as tool_use_id,
    {name_sql("b.name")} as tool,
    case
        when b.type = 'text' and type = 'user' then strlen(b.text)
        when b.type = 'tool_result' and json_type(b.content) = 'ARRAY'
            then coalesce(list_sum(list_transform(
                from_json(b.content, '{_PARTS}'), lambda part: coalesce(strlen(part.text), 0)
            )), 0)::bigint
        when b.type = 'tool_result' then coalesce(strlen(b.content->>'$'), 0)
    end as byte_count,
    case when b.type = 'tool_result' and json_type(b.content) = 'ARRAY'
        then len(list_filter(
            from_json(b.content, '{_PARTS}'), lambda part: part.type = 'image'
        )) else 0 end as image_count
from blocks
where b.type in ('tool_use', 'tool_result') or (b.type = 'text' and type = 'user')
"""

# In this order; each reads what those before have made.
STATEMENTS = (_UNREADABLE, _RECORDS, _RESULTS)
