"""Telemetry of two teams as a collector would leave it in files, and the right answers of it.

It tells of the same work as the Claude Code report: the tokens of a record, shared out to requests.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from demo_api.activity import ClaudeCodeRecord, ModelUse
from demo_api.organisation import Organisation
from demo_api.prices import list_cents

TEAMS = ("Platform", "Data")
# Of the last days: telemetry was switched on late.
DAYS = 28
REQUESTS = 3
# Somebody whose machine stops to send so many days before the end, though they go on to work.
SILENT_FOR = 16
_TOOLS = {"edit_tool": "Edit", "write_tool": "Write"}
# The main thread, an agent that comes with Claude Code, and one that somebody wrote.
_AGENTS = (None, "Explore", "our-reviewer")


@dataclass
class TelemetryTruth:
    """Sums of what was sent, each record once; cost is the client's estimate in US cents."""

    # By canonical address, day and model.
    requests: dict[tuple[str, str, str], int] = field(default_factory=lambda: defaultdict(int))
    tokens: dict[tuple[str, str, str], int] = field(default_factory=lambda: defaultdict(int))
    cents: dict[tuple[str, str, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    # By tool and decision.
    calls: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    commits: int = 0
    lines_added: int = 0
    senders: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)


def write_telemetry(organisation: Organisation, folder: Path) -> TelemetryTruth:
    """Write a file of logs and one of metrics a day into ``folder``; return the right answers."""
    folder.mkdir(parents=True, exist_ok=True)
    truth = TelemetryTruth()
    silent = _who_falls_silent(organisation)
    truth.silent = {silent}
    for day in organisation.days[-DAYS:]:
        stopped = day > str(organisation.last_day - timedelta(days=SILENT_FOR))
        records = [
            one
            for one in _records_sent(organisation, day)
            if not (stopped and one.person_email == silent)
        ]
        logs = [_logs(number, one, truth) for number, one in enumerate(records)]
        metrics = [_metrics(number, one, truth) for number, one in enumerate(records)]
        # An answer that was lost on its way: the exporter sends again.
        _write(folder / f"{day}-logs.jsonl", [*logs, *logs[:1]])
        _write(folder / f"{day}-metrics.jsonl", [*metrics, *metrics[:1]])
    return truth


def _records_sent(organisation: Organisation, day: str) -> list[ClaudeCodeRecord]:
    teams = {person.email: person.team for person in organisation.people}
    return [
        record
        for record in organisation.records.get(day, [])
        if record.person_email is not None and teams.get(record.person_email) in TEAMS
    ]


def _who_falls_silent(organisation: Organisation) -> str:
    """Return who worked most before the day of silence, and so never made long pauses."""
    days: dict[str, int] = defaultdict(int)
    for day in organisation.days[-DAYS:-SILENT_FOR]:
        for record in _records_sent(organisation, day):
            days[record.person_email or ""] += 1
    return max(sorted(days), key=lambda email: days[email])


def _write(path: Path, messages: list[dict[str, Any]]) -> None:
    lines = (json.dumps(one, separators=(",", ":")) + "\n" for one in messages)
    path.write_text("".join(lines))


def _logs(number: int, record: ClaudeCodeRecord, truth: TelemetryTruth) -> dict[str, Any]:
    events = [*_requests(number, record, truth), *_calls(number, record, truth)]
    start = _moment(record, number)
    entries = [
        {
            "timeUnixNano": str(start + place * 10**9),
            "body": {"stringValue": f"claude_code.{attributes['event.name']}"},
            "attributes": _attributes(
                _common(record, number) | {"event.sequence": place} | attributes
            ),
        }
        for place, attributes in enumerate(events)
    ]
    scope = {"name": "com.anthropic.claude_code.events"}
    group = {"scope": scope, "logRecords": entries}
    return {"resourceLogs": [{"resource": _resource(), "scopeLogs": [group]}]}


def _requests(
    number: int, record: ClaudeCodeRecord, truth: TelemetryTruth
) -> Iterator[dict[str, object]]:
    assert record.person_email is not None
    truth.senders.add(record.person_email)
    for use in record.models:
        for part in range(REQUESTS):
            shared = _part(use, part)
            cents = list_cents(
                use.model,
                input=shared.input,
                output=shared.output,
                read=shared.cache_read,
                write_5m=shared.cache_creation,
            )
            key = (record.person_email, record.day, use.model)
            truth.requests[key] += 1
            truth.cents[key] += cents
            truth.tokens[key] += (
                shared.input + shared.output + shared.cache_read + shared.cache_creation
            )
            yield {
                "event.name": "api_request",
                "request_id": f"req_{_hash(record.day, number, use.model, part)[:24]}",
                "prompt": "[what somebody typed]",
                "model": use.model,
                "input_tokens": shared.input,
                "output_tokens": shared.output,
                "cache_read_tokens": shared.cache_read,
                "cache_creation_tokens": shared.cache_creation,
                "cache_creation_5m_tokens": shared.cache_creation,
                "cache_creation_1h_tokens": 0,
                "cost_usd": str(cents / 100),
                "duration_ms": 900 + 10 * part,
                **_source(_AGENTS[part % len(_AGENTS)]),
            }


def _source(agent: str | None) -> dict[str, object]:
    if agent is None:
        return {"query_source": "repl_main_thread"}
    kind = "builtin" if agent == "Explore" else "custom"
    return {"query_source": f"agent:{kind}:{agent}", "agent.name": agent}


def _part(use: ModelUse, part: int) -> ModelUse:
    """Return the tokens of one of the requests that a record's tokens are shared out to."""

    def share(total: int) -> int:
        return total // REQUESTS + (part < total % REQUESTS)

    return ModelUse(
        use.model,
        input=share(use.input),
        output=share(use.output),
        cache_read=share(use.cache_read),
        cache_creation=share(use.cache_creation),
        estimated_cents=0,
    )


def _calls(
    number: int, record: ClaudeCodeRecord, truth: TelemetryTruth
) -> Iterator[dict[str, object]]:
    for report_name, tool in _TOOLS.items():
        accepted, rejected = record.tools.get(report_name, (0, 0))
        decisions = [*["accept"] * min(accepted, 2), *["reject"] * min(rejected, 1)]
        for place, decision in enumerate(decisions):
            truth.calls[tool, decision] += 1
            attributes: dict[str, object] = {
                "tool_use_id": f"toolu_{_hash(record.day, number, tool, place)[:24]}",
                "tool_name": tool,
                "tool_parameters": '{"file_path": "[a path]"}',
            }
            yield {
                "event.name": "tool_decision",
                "decision": decision,
                "source": "config",
                "tool_source": "builtin",
                **attributes,
            }
            if decision == "accept":
                yield {
                    "event.name": "tool_result",
                    "success": "true",
                    "duration_ms": "120",
                    "tool_result_size_bytes": "2048",
                    **attributes,
                }


def _metrics(number: int, record: ClaudeCodeRecord, truth: TelemetryTruth) -> dict[str, Any]:
    truth.commits += record.commits
    truth.lines_added += record.lines_added
    counted: tuple[tuple[str, int, dict[str, object]], ...] = (
        ("session.count", record.sessions, {"start_type": "fresh"}),
        ("commit.count", record.commits, {}),
        ("pull_request.count", record.pull_requests, {}),
        ("lines_of_code.count", record.lines_added, {"type": "added"}),
        ("lines_of_code.count", record.lines_removed, {"type": "removed"}),
    )
    start = _moment(record, number)
    metrics = [
        {
            "name": f"claude_code.{name}",
            "sum": {
                "aggregationTemporality": 1,
                "isMonotonic": True,
                "dataPoints": [
                    {
                        "attributes": _attributes(_common(record, number) | attributes),
                        "startTimeUnixNano": str(start),
                        "timeUnixNano": str(start + 60 * 10**9),
                        "asDouble": value,
                    }
                ],
            },
        }
        for name, value, attributes in counted
    ]
    group = {"scope": {"name": "com.anthropic.claude_code"}, "metrics": metrics}
    return {"resourceMetrics": [{"resource": _resource(), "scopeMetrics": [group]}]}


def _common(record: ClaudeCodeRecord, number: int) -> dict[str, object]:
    return {
        "user.id": _hash(record.person_email),
        "user.email": record.person_email,
        "session.id": _hash(record.day, number)[:32],
        "terminal.type": record.terminal_type,
        "anthropic.provider": "firstParty",
    }


def _resource() -> dict[str, object]:
    attributes = {"service.name": "claude-code", "service.version": "2.1.332", "os.type": "linux"}
    return {"attributes": _attributes(attributes | {"team.id": "larkfield"})}


def _moment(record: ClaudeCodeRecord, number: int) -> int:
    day = date.fromisoformat(record.day)
    start = datetime.fromisoformat(f"{day}T09:00:00+00:00") + timedelta(seconds=90 * number)
    return int(start.timestamp()) * 10**9


def _attributes(attributes: Mapping[str, object]) -> list[dict[str, Any]]:
    # Whole numbers are text here, as a collector writes them.
    return [
        {
            "key": name,
            "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value},
        }
        for name, value in attributes.items()
    ]


def _hash(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()
