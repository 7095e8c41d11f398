"""Values of attributes as they may be kept: numbers, words of the program, names that are known.

What does not have the form it must have is left out, for it may be anybody's text.
"""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import sha256

# More is no count of one record, and would be too much for sums of many.
LARGEST = 10**12
MOST_EXPENSIVE_USD = 10**6
CUSTOM = "custom"

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_EVENT = re.compile(r"[a-z][a-z0-9_]{0,59}")
_VERSION = re.compile(r"\d{1,4}(\.\d{1,6}){0,3}([-+][0-9A-Za-z.]{1,20})?")
_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@\[\]-]{0,199}")
_ADDRESS = re.compile(r"@[^@]*\.[A-Za-z]{2,}$")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}")
_DECIMAL = re.compile(r"\d{1,12}(\.\d{1,30})?([eE][-+]?\d{1,2})?")
_LABEL = re.compile(r"[^\x00-\x1f\x7f@/\\<>]{1,100}")

# What comes with Claude Code. All else was named by somebody.
BUILT_IN_AGENTS = frozenset(
    {"general-purpose", "Explore", "Plan", "claude", "claude-code-guide", "fork"}
    | {"output-style-setup", "statusline-setup", "worker"}
)
BUILT_IN_SKILLS = frozenset(
    {"batch", "claude-api", "claude-in-chrome", "code-review", "commit", "debug", "init"}
    | {"insights", "keybindings-help", "loop", "pr-comments", "review", "schedule"}
    | {"security-review", "simplify", "update-config", "verify"}
)
BUILT_IN_SERVERS = frozenset({"claude-in-chrome", "claude-preview", "ide"})
BUILT_IN_TOOLS = frozenset(
    {"Agent", "AskUserQuestion", "Bash", "BashOutput", "Edit", "EnterPlanMode", "EnterWorktree"}
    | {"ExitPlanMode", "ExitWorktree", "Glob", "Grep", "KillShell", "LS", "LSP"}
    | {"ListMcpResourcesTool", "MultiEdit", "NotebookEdit", "NotebookRead", "PowerShell", "Read"}
    | {"ReadMcpResourceTool", "SendMessage", "Skill", "SlashCommand", "StructuredOutput", "Task"}
    | {"TaskCreate", "TaskGet", "TaskList", "TaskOutput", "TaskStop", "TaskUpdate", "TodoRead"}
    | {"TodoWrite", "ToolSearch", "WebFetch", "WebSearch", "Write", "mcp_tool"}
)


def whole(value: object) -> int | None:
    """Return a count of whatever type it came as; None for what is none."""
    if value is None:
        return None
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if 0 <= value <= LARGEST else None
    if isinstance(value, float):
        return int(value) if value.is_integer() and 0 <= value <= LARGEST else None
    if isinstance(value, str):
        text = value.strip()
        if text.isascii() and text.isdigit() and len(text) < 20:
            return whole(int(text))
        return whole(number(text))
    return None


def number(value: object) -> float | None:
    """Return a number that is not negative, of whatever type it came as."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        value = float(value) if _DECIMAL.fullmatch(value.strip()) else None
    if isinstance(value, (int, float)) and 0 <= value <= LARGEST:
        return float(value)
    return None


def decimal(value: object) -> str | None:
    """Return the digits of an amount of money, as sent, or None."""
    if isinstance(value, bool):
        return None
    text = value.strip() if isinstance(value, str) else repr(value)
    return text if _DECIMAL.fullmatch(text) and float(text) <= MOST_EXPENSIVE_USD else None


def truth(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    text = value.strip().lower() if isinstance(value, str) else None
    return True if text == "true" else False if text == "false" else None


@lru_cache(1 << 12)
def word(value: object) -> str | None:
    """Return a word of the program, such as a decision."""
    return value if isinstance(value, str) and _WORD.fullmatch(value) else None


@lru_cache(1 << 12)
def event_name(value: object) -> str:
    """Return an event's name, `unnamed` for what is none."""
    name = value.removeprefix("claude_code.") if isinstance(value, str) else ""
    return name if _EVENT.fullmatch(name) else "unnamed"


@lru_cache(1 << 12)
def version(value: object) -> str | None:
    return value if isinstance(value, str) and _VERSION.fullmatch(value) else None


@lru_cache(1 << 12)
def model(value: object) -> str | None:
    """Return a model as named in the request, which may be a cloud's address of one."""
    if not isinstance(value, str) or not value:
        return None
    # `claude-x@20260101` is a model of Vertex, what ends like a domain is an address.
    return value if _MODEL.fullmatch(value) and not _ADDRESS.search(value) else CUSTOM


def identifier(value: object) -> str | None:
    """Return an id; one of another form than ids have is hashed, as it still tells rows apart."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value:
        return None
    return value if _ID.fullmatch(value) else "hash-" + sha256(value.encode()).hexdigest()[:32]


@lru_cache(1 << 12)
def label(value: object) -> str | None:
    """Return what an organisation calls a team or a cost centre; no address and no path is one."""
    text = str(value).strip() if isinstance(value, (str, int)) else ""
    return text if _LABEL.fullmatch(text) else None


@lru_cache(1 << 12)
def query_source(value: object) -> str | None:
    """Return what a request was made for; custom agents lose their name."""
    if not isinstance(value, str) or not value:
        return None
    if value.startswith("agent:"):
        _, kind, *rest = value.split(":", 2)
        if kind == "builtin" and rest and rest[0] in BUILT_IN_AGENTS:
            return value
        return f"agent:{CUSTOM}"
    return word(value) or "other"
