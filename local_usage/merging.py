"""How rows of new lines join those of the index: the greatest stays, whatever comes first.

Lines repeat: each block of a response has one, a fork copies its parent's, a file that was written
anew is read anew. A row is of one thing in one file, or of one thing anywhere.
"""

from __future__ import annotations

_TOKENS = """
    uncached_input_tokens, cache_read_tokens, cache_creation_5m_tokens, cache_creation_1h_tokens,
    output_tokens, web_search_count, web_fetch_count
"""
_REPORTED = f"""
    occurred_at, request_id, model, client_version, entrypoint, service_tier, speed, inference_geo,
    is_split_assumed, {_TOKENS}
"""

_PACKED = ", ".join(f"{name} := {name}" for name in map(str.strip, _REPORTED.split(",")))

# Of the lines of a response in a file the one with the greatest output counts, of equal ones the
# earliest. What is said of it may stand on any of them.
_SIGHTINGS = f"""
create or replace temp table seen as
with incoming as (
    select
        response_key,
        records.file_id,
        session_id,
        coalesce(occurred_at, make_timestamp(files.modified_ns // 1000)) as occurred_at,
        request_id,
        coalesce(model, 'unmapped') as model,
        is_subagent,
        coalesce(records.agent, case when is_subagent then files.agent end) as agent,
        skill,
        mcp_server,
        client_version,
        entrypoint,
        service_tier,
        speed,
        inference_geo,
        is_final,
        -- What the split does not tell of was cached for five minutes, as far as is known.
        written_tokens > written_5m_tokens + written_1h_tokens as is_split_assumed,
        uncached_input_tokens,
        cache_read_tokens,
        greatest(written_5m_tokens, written_tokens - written_1h_tokens)
            as cache_creation_5m_tokens,
        written_1h_tokens as cache_creation_1h_tokens,
        output_tokens,
        web_search_count,
        web_fetch_count
    from records
    inner join files using (file_id)
    where type = 'assistant' and skipped_as is null
),

known as (
    select *, occurred_at as first_at from incoming
    union all by name
    select sightings.* from sightings
    semi join incoming using (response_key, file_id)
),

ranked as (
    select
        *,
        row_number() over (
            partition by response_key, file_id
            order by output_tokens desc, occurred_at, {_TOKENS}, model
        ) as rank,
    from known
)

select
    response_key,
    file_id,
    max(session_id) as session_id,
    min(first_at) as first_at,
    bool_or(is_subagent) as is_subagent,
    max(agent) as agent,
    max(skill) as skill,
    max(mcp_server) as mcp_server,
    bool_or(is_final) as is_final,
    unnest(max(struct_pack({_PACKED}))
        filter (rank = 1))
from ranked
group by response_key, file_id;

delete from sightings using seen
where sightings.response_key = seen.response_key and sightings.file_id = seen.file_id;

insert into sightings by name from seen
"""

# A call and its result stand on two lines, and in each fork again.
_TOOL_CALLS = """
create or replace temp table called as
with incoming as (
    select
        tool_use_id,
        case when block_type = 'tool_use' then tool end as tool,
        session_id,
        file_id,
        occurred_at,
        is_subagent,
        case when block_type = 'tool_result' then byte_count end as byte_count,
        case when block_type = 'tool_result' then image_count end as image_count,
        block_type = 'tool_result' as has_result
    from tool_blocks
    where block_type in ('tool_use', 'tool_result') and tool_use_id is not null
),

known as (
    from incoming
    union all by name
    select tool_calls.* from tool_calls
    semi join incoming using (tool_use_id)
)

select
    tool_use_id,
    max(tool) as tool,
    min_by(session_id, struct_pack(occurred_at := occurred_at, file_id := file_id)) as session_id,
    min_by(file_id, struct_pack(occurred_at := occurred_at, file_id := file_id)) as file_id,
    min(occurred_at) as occurred_at,
    bool_and(is_subagent) as is_subagent,
    max(byte_count) as byte_count,
    max(image_count) as image_count,
    bool_or(has_result) as has_result
from known
group by tool_use_id;

delete from tool_calls using called where tool_calls.tool_use_id = called.tool_use_id;

insert into tool_calls by name from called
"""

_CONTEXT_ITEMS = """
create or replace temp table held as
with incoming as (
    select
        md5_number_lower(coalesce(uuid, file_id || '/' || place)) as item_key,
        'attachment' as kind,
        attachment_type as name,
        file_id,
        occurred_at,
        attachment_bytes as byte_count
    from records
    where type = 'attachment'
    union all by name
    select
        md5_number_lower(coalesce(uuid, file_id || '/' || place)) as item_key,
        'prompt' as kind,
        'prompt' as name,
        file_id,
        occurred_at,
        prompt_bytes + text_bytes as byte_count
    from (
        select
            * replace (coalesce(prompt_bytes, 0) as prompt_bytes),
            coalesce(list_sum(list_transform(
                list_filter(blocks, lambda b: b.type = 'text'), lambda b: strlen(b.text)
            )), 0)::bigint as text_bytes
        from records where type = 'user'
    )
    where prompt_bytes + text_bytes > 0
),

known as (
    from incoming
    union all by name
    select context_items.* from context_items
    semi join incoming using (item_key)
)

select
    item_key,
    min(kind) as kind,
    min(name) as name,
    min(file_id) as file_id,
    min(occurred_at) as occurred_at,
    max(byte_count) as byte_count
from known
group by item_key;

delete from context_items using held where context_items.item_key = held.item_key;

insert into context_items by name from held
"""

_COMPACTIONS = """
create or replace temp table compacted as
with incoming as (
    select
        coalesce(uuid, file_id || '/' || place) as uuid,
        session_id,
        file_id,
        occurred_at,
        compaction_trigger as trigger,
        tokens_before,
        tokens_after
    from records where is_compaction
),

known as (
    from incoming
    union all by name
    select compactions.* from compactions
    semi join incoming using (uuid)
)

select
    uuid,
    min_by(session_id, file_id) as session_id,
    min(file_id) as file_id,
    min(occurred_at) as occurred_at,
    min(trigger) as trigger,
    max(tokens_before) as tokens_before,
    max(tokens_after) as tokens_after
from known
group by uuid;

delete from compactions using compacted where compactions.uuid = compacted.uuid;

insert into compactions by name from compacted
"""

MERGES = (_SIGHTINGS, _TOOL_CALLS, _CONTEXT_ITEMS, _COMPACTIONS)
