"""What the transcripts of Claude Code on this machine tell: counts, never text."""

from __future__ import annotations

from enum import StrEnum

from local_usage.errors import LocalUsageError

__all__ = ["By", "LocalUsageError"]


class By(StrEnum):
    """What the table has a row for."""

    DAY = "day"
    SESSION = "session"
    PROJECT = "project"
    MODEL = "model"
    AGENT = "agent"
    SKILL = "skill"
    TOOL = "tool"
    MCP = "mcp"
    HOUR = "hour"
    BLOCK = "block"
