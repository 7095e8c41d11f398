"""What may leave the machine: counts and salted hashes, one JSON object a line.

Each response once, with the greatest output that any file of the machine has; days, and whether all
of them was there when it was read; and what filled the context, by day. A name that is not Claude
Code's own is `custom`, what comes over MCP is `mcp`.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from ingestion.hashing import identity_hash, identity_hash_sql
from local_usage.views import RESPONSES, TOKENS

FORMAT = 1
BILLING_BASES = ("api", "subscription", "gateway")
_LINES_AT_ONCE = 20_000

BUILT_IN_AGENTS = (
    *("general-purpose", "Explore", "Plan", "claude-code-guide", "statusline-setup"),
    *("output-style-setup", "fork", "worker", "workflow-subagent"),
)
BUILT_IN_SKILLS = (
    *("init", "review", "security-review", "code-review", "simplify", "verify", "debug", "batch"),
    *("loop", "schedule", "update-config", "keybindings-help", "claude-api", "pdf", "insights"),
)
BUILT_IN_TOOLS = (
    *("Agent", "Task", "Bash", "BashOutput", "KillShell", "KillBash", "PowerShell", "Monitor"),
    *("Read", "Edit", "MultiEdit", "Write", "Glob", "Grep", "LS", "LSP", "NotebookEdit"),
    *("NotebookRead", "WebFetch", "WebSearch", "TodoWrite", "TodoRead", "Skill", "SlashCommand"),
    *("EnterPlanMode", "ExitPlanMode", "AskUserQuestion", "ToolSearch", "TaskCreate"),
    *("TaskUpdate", "TaskList", "TaskGet", "TaskOutput", "TaskStop", "EnterWorktree"),
    *("ExitWorktree", "ListMcpResourcesTool", "ReadMcpResourceTool", "StructuredOutput"),
    *("SendMessage", "TeamCreate", "TeamDelete"),
)
ATTACHMENTS = (
    *("file", "directory", "edited_text_file", "compact_file_reference", "nested_memory"),
    *("selected_lines_in_ide", "opened_file_in_ide", "diagnostics", "queued_command"),
    *("agent_listing_delta", "skill_listing", "deferred_tools_delta", "mcp_instructions_delta"),
    *("environment", "session_context", "prompt_snapshot", "model", "date", "output_style"),
    *("total_tokens_reminder", "task_reminder", "todo_reminder", "plan_mode", "hook_success"),
    *("remote_session_change", "command_permissions"),
)


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Who exports, as it may be told.

    Args:
        machine_key: what stands for this machine.
        actor_hash: what stands for the person's address; None where none was given.
        billing_basis: how sessions of this machine are paid; None where it is not known.
        salt: of the hashes, the organisation's secret.
        has_projects: whether what stands for a project's folder is told.
    """

    machine_key: str
    actor_hash: str | None
    billing_basis: str | None
    salt: str
    has_projects: bool = False

    def __repr__(self) -> str:
        """Leave the salt out."""
        return f"Sender(machine_key={self.machine_key!r})"


def sender(
    folder: Path,
    salt: str,
    *,
    email: str | None,
    billing_basis: str | None,
    has_projects: bool = False,
) -> Sender:
    """Return who exports; the first time, enrol this machine: choose a number that stands for it.

    The number lies in ``folder``, readable by its owner alone, and leaves it only as a hash.
    """
    path = folder / "machine_id"
    if not path.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32))
    return Sender(
        machine_key=identity_hash(path.read_text(), salt),
        actor_hash=identity_hash(email, salt) if email else None,
        billing_basis=billing_basis,
        salt=salt,
        has_projects=has_projects,
    )


def _listed(names: Sequence[str]) -> str:
    return "(" + ", ".join(f"'{name}'" for name in names) + ")"


def _known(expression: str, names: Sequence[str], otherwise: str = "custom") -> str:
    return (
        f"case when {expression} in {_listed(names)} then {expression}"
        f" when {expression} is not null then '{otherwise}' end"
    )


_SALT = "getvariable('identity_salt')"
_HASHED_SESSION = identity_hash_sql("session_id", _SALT)
_HASHED_PROJECT = identity_hash_sql("project_hash", _SALT)
_INSTANT = "'%Y-%m-%dT%H:%M:%S.%fZ'"

_RESPONSES_OUT = f"""
select
    'response' as kind,
    response_key as row_key,
    to_json(struct_pack(
        kind := 'response', format := {FORMAT}, machine_key := getvariable('machine_key'),
        actor_hash := getvariable('actor_hash'), message_id := response_key,
        request_id := request_id, session_key := {_HASHED_SESSION},
        first_at := strftime(first_at, {_INSTANT}), model := model, is_subagent := is_subagent,
        agent_type := {_known("agent", BUILT_IN_AGENTS)},
        skill := {_known("skill", BUILT_IN_SKILLS)},
        {", ".join(f"{name} := {name}" for name in TOKENS)},
        web_search_count := web_search_count, service_tier := service_tier, speed := speed,
        inference_geo := inference_geo, client_version := client_version,
        entrypoint := entrypoint,
        project_key := case when getvariable('has_projects') then {_HASHED_PROJECT} end,
        billing_basis := billing_basis, is_partial := not is_final,
        is_split_assumed := is_split_assumed
    ))::varchar as line
from responses
left join bases using (response_key)
"""

# A day was whole in the files when it was read after its end and before it could be swept.
_DAYS_OUT = f"""
select
    'day' as kind,
    usage_date::varchar as row_key,
    to_json(struct_pack(
        kind := 'day', format := {FORMAT}, machine_key := getvariable('machine_key'),
        usage_date := usage_date, is_complete := exists (
            select 1 from scans
            where scanned_on > usage_date and usage_date >= scanned_on - cleanup_days
        )
    ))::varchar as line
from (select distinct first_at::date as usage_date from responses)
"""

_CONTEXT_OUT = f"""
select
    'context' as kind,
    concat_ws(' ', usage_date, item, name) as row_key,
    to_json(struct_pack(
        kind := 'context', format := {FORMAT}, machine_key := getvariable('machine_key'),
        actor_hash := getvariable('actor_hash'), usage_date := usage_date, item := item,
        name := name, item_count := count(*), byte_count := coalesce(sum(byte_count), 0)::bigint,
        image_count := coalesce(sum(image_count), 0)::bigint,
        tokens_before := coalesce(sum(tokens_before), 0)::bigint,
        tokens_after := coalesce(sum(tokens_after), 0)::bigint
    ))::varchar as line
from (
    select
        occurred_at::date as usage_date, 'tool_result' as item,
        case when starts_with(tool, 'mcp__') then 'mcp'
            else coalesce({_known("tool", BUILT_IN_TOOLS)}, 'unknown') end as name,
        byte_count, image_count, null as tokens_before, null as tokens_after
    from tool_calls where has_result
    union all by name
    select distinct
        occurred_at::date as usage_date, 'mcp_server' as item, 'mcp' as name,
        split_part(tool, '__', 2) as server
    from tool_calls where starts_with(tool, 'mcp__')
    union all by name
    select
        occurred_at::date as usage_date, kind as item,
        case when kind = 'prompt' then 'prompt'
            else {_known("name", ATTACHMENTS, "other")} end as name,
        byte_count
    from context_items
    union all by name
    select
        occurred_at::date as usage_date, 'compaction' as item,
        coalesce(trigger, 'unknown') as name, tokens_before, tokens_after
    from compactions
)
where usage_date is not null
group by usage_date, item, name
"""


def prepare(connection: duckdb.DuckDBPyConnection, who: Sender, target: str, *, anew: bool) -> int:
    """Put what ``target`` has not been sent, or ``anew`` all, into the table `outgoing`.

    How a response was paid is settled when it is first exported; where that was not known then, it
    is when it is known. Returns the number of lines.
    """
    for name, value in (
        ("identity_salt", who.salt),
        ("machine_key", who.machine_key),
        ("actor_hash", who.actor_hash),
        ("has_projects", who.has_projects),
        ("exported_at", f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"),
    ):
        connection.execute(f"set variable {name} = $value", {"value": value})
    connection.execute(RESPONSES)
    if who.billing_basis is not None:
        connection.execute(
            "insert into bases select response_key, $basis from responses"
            " anti join bases using (response_key)",
            {"basis": who.billing_basis},
        )
    connection.execute(
        f"""
        create or replace temp table outgoing as
        select *, md5(line) as row_hash, row_number() over (order by kind, row_key) as place
        from ({_RESPONSES_OUT} union all {_DAYS_OUT} union all {_CONTEXT_OUT}) as outgoing
        where $anew or not exists (
            select 1 from sent
            where sent.target = $target and sent.row_key = outgoing.kind || ' ' || outgoing.row_key
                and sent.row_hash = md5(outgoing.line)
        )
        """,
        {"anew": anew, "target": target},
    )
    return count_outgoing(connection)


def count_outgoing(connection: duckdb.DuckDBPyConnection) -> int:
    """Return how many lines there are in `outgoing`; their places begin with 1."""
    (count,) = connection.execute("select count(*) from outgoing").fetchone() or (0,)
    return int(count)


def outgoing(connection: duckdb.DuckDBPyConnection) -> Iterator[bytes]:
    """Yield the lines of `outgoing` as NDJSON, in parts."""
    for first in range(1, count_outgoing(connection) + 1, _LINES_AT_ONCE):
        yield part(connection, first, first + _LINES_AT_ONCE)


def part(connection: duckdb.DuckDBPyConnection, first: int, after: int) -> bytes:
    """Return the lines of `outgoing` from one place on and before another, as NDJSON."""
    column = connection.execute(
        # When it was sent is no part of what was sent.
        "select left(line, -1) || ',\"exported_at\":\"' || getvariable('exported_at') || '\"}'"
        " from outgoing where place >= ? and place < ? order by place",
        [first, after],
    ).to_arrow_table()
    return "".join(f"{line}\n" for line in column.column(0).to_pylist()).encode()


def note_sent(connection: duckdb.DuckDBPyConnection, target: str, first: int, after: int) -> None:
    """Note that ``target`` has the lines of `outgoing` from one place on and before another."""
    connection.execute(
        "create or replace temp table outgoing as"
        " select kind || ' ' || row_key as row_key, row_hash from outgoing"
        " where place >= ? and place < ?",
        [first, after],
    )
    connection.execute("begin")
    connection.execute(
        "delete from sent where target = $target and row_key in (select row_key from outgoing)",
        {"target": target},
    )
    connection.execute("insert into sent select $target, * from outgoing", {"target": target})
    connection.execute("commit")


def target_name(folder: Path, to: str) -> str:
    """Return what stands in the index for where exports go: a hash."""
    return identity_hash(to, folder.name + "claude-usage-target")
