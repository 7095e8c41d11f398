"""Messages as Claude Code sends them, made here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

SALT = "a salt for tests, of no secret"
DEVICE = "ab" * 32


def attributes(said: Mapping[str, object]) -> list[dict[str, Any]]:
    kinds = {bool: "boolValue", int: "intValue", float: "doubleValue", str: "stringValue"}
    return [{"key": key, "value": {kinds[type(one)]: one}} for key, one in said.items()]


def event(name: str, time: int = 0, **said: object) -> dict[str, Any]:
    """Return a log record; ``time`` is seconds after a moment of 2026-11-27."""
    own = {"event.name": name, "session.id": "s-1", "user.id": DEVICE, "event.sequence": time}
    named = {key.replace("__", "."): value for key, value in said.items()}
    return {
        "timeUnixNano": str((1_795_757_800 + time) * 10**9),
        "body": {"stringValue": f"claude_code.{name}"},
        "attributes": attributes(own | named),
    }


def request(identifier: str | None, time: int = 0, **said: object) -> dict[str, Any]:
    """Return an event of a request of 5 tokens in and 80 out, for 0.001215 USD."""
    own: dict[str, object] = {
        "model": "claude-sonnet-4-5",
        "input_tokens": 5,
        "output_tokens": 80,
        "cost_usd": 0.001215,
    }
    if identifier is not None:
        own["request_id"] = identifier
    return event("api_request", time, **(own | said))


def logs(*records: Mapping[str, Any], **resource: object) -> dict[str, Any]:
    named = {key.replace("__", "."): value for key, value in resource.items()}
    scope = {"name": "com.anthropic.claude_code.events"}
    return {
        "resourceLogs": [
            {
                "resource": {"attributes": attributes({"service.name": "claude-code"} | named)},
                "scopeLogs": [{"scope": scope, "logRecords": list(records)}],
            }
        ]
    }


def metric(
    name: str, *points: tuple[int, int, float], temporality: object = 2, **said: object
) -> dict[str, Any]:
    """Return a message of points: start and time in seconds as of events, and value."""
    own = attributes({"user.id": DEVICE, "session.id": "s-1"} | said)
    base = 1_795_757_800
    data = [
        {
            "attributes": own,
            "startTimeUnixNano": str((base + start) * 10**9),
            "timeUnixNano": str((base + time) * 10**9),
            "asDouble": value,
        }
        for start, time, value in points
    ]
    total = {"aggregationTemporality": temporality, "isMonotonic": True, "dataPoints": data}
    scope = {"name": "com.anthropic.claude_code"}
    return {
        "resourceMetrics": [
            {"scopeMetrics": [{"scope": scope, "metrics": [{"name": name, "sum": total}]}]}
        ]
    }


def line(message: Mapping[str, Any]) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"
