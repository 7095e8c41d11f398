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
from demo_api.prices import PRICES, UNKNOWN_MODEL, list_cents, token_cents

TEAMS = ("Platform", "Data")
# Of the last days: telemetry was switched on late.
DAYS = 28
# Seconds.
PAUSE = 600
# Somebody whose machine stops to send so many days before the end, though they go on to work.
SILENT_FOR = 16
# With the bytes of a result.
_TOOLS = {"edit_tool": ("Edit", 2_048), "write_tool": ("Write", 48_000)}
# An agent that comes with Claude Code, and one that somebody wrote.
_AGENTS = ("Explore", "our-reviewer")
_PHASES = ("asked", *_AGENTS, "went on", "compact")
_CHEAPER_MODEL = "claude-haiku-4-5-20251001"


@dataclass
class LeverTruth:
    """What went into a lever of somebody's context, at list prices in US cents."""

    requests: int = 0
    tokens: int = 0
    spent_cents: Decimal = Decimal(0)
    saving_cents: Decimal = Decimal(0)


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
    # By canonical address and lever.
    levers: dict[tuple[str, str], LeverTruth] = field(
        default_factory=lambda: defaultdict(LeverTruth)
    )

    def count_request(self, email: str, phase: str, part: ModelUse) -> None:
        """Count a request of an agent or a compaction."""
        if phase not in (*_AGENTS, "compact"):
            return
        name = "compaction" if phase == "compact" else "subagents_on_cheaper_models"
        lever = self.levers[email, name]
        lever.requests += 1
        lever.tokens += _tokens(part)
        if part.model == UNKNOWN_MODEL:
            return
        cents = _cents(part.model, part)
        lever.spent_cents += cents
        if phase in _AGENTS:
            lever.saving_cents += max(cents - _cents(_CHEAPER_MODEL, part), Decimal(0))


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
    start = _moment(record, number)
    entries = [
        {
            "timeUnixNano": str(start + after * 10**9),
            "body": {"stringValue": f"claude_code.{attributes['event.name']}"},
            "attributes": _attributes(
                _common(record, number) | {"event.sequence": place} | attributes
            ),
        }
        for place, (after, attributes) in enumerate(_session(number, record, truth))
    ]
    scope = {"name": "com.anthropic.claude_code.events"}
    group = {"scope": scope, "logRecords": entries}
    return {"resourceLogs": [{"resource": _resource(), "scopeLogs": [group]}]}


def _session(
    number: int, record: ClaudeCodeRecord, truth: TelemetryTruth
) -> Iterator[tuple[int, dict[str, object]]]:
    """Yield the seconds after the start and what is told of each event of a session.

    Somebody asks, tools and agents work, somebody goes on, one session in three after a pause that
    ends the cache, and the context is summed up.
    """
    assert record.person_email is not None
    truth.senders.add(record.person_email)
    pause = PAUSE if number % 3 == 0 else 0
    after = 0
    for attributes in _requests(number, record, "asked", truth):
        yield after, attributes
        after += 1
    for attributes in _calls(number, record, truth):
        yield after, attributes
        after += 1
    for phase in ("Explore", "our-reviewer", "went on", "compact"):
        after += pause if phase == "went on" else 0
        for attributes in _requests(number, record, phase, truth):
            yield after, attributes
            after += 1
    if pause:
        _count_pause(record, truth)


def _requests(
    number: int, record: ClaudeCodeRecord, phase: str, truth: TelemetryTruth
) -> Iterator[dict[str, object]]:
    for place, use in enumerate(record.models):
        if phase == "compact" and place > 0:
            continue
        shared = _part(use, phase, is_compacted=place == 0)
        cents = _cents(use.model, shared)
        key = (record.person_email or "", record.day, use.model)
        truth.requests[key] += 1
        truth.cents[key] += cents
        truth.tokens[key] += _tokens(shared)
        truth.count_request(record.person_email or "", phase, shared)
        yield {
            "event.name": "api_request",
            "request_id": _request_id(number, record, use, phase),
            "prompt": "[what somebody typed]",
            "model": use.model,
            "input_tokens": shared.input,
            "output_tokens": shared.output,
            "cache_read_tokens": shared.cache_read,
            "cache_creation_tokens": shared.cache_creation,
            "cache_creation_5m_tokens": shared.cache_creation,
            "cache_creation_1h_tokens": 0,
            "cost_usd": str(cents / 100),
            "duration_ms": 900,
            **_source(phase),
        }


def _request_id(number: int, record: ClaudeCodeRecord, use: ModelUse, phase: str) -> str:
    return f"req_{_hash(record.day, number, use.model, phase)[:24]}"


def _source(phase: str) -> dict[str, object]:
    if phase == "compact":
        return {"query_source": "compact"}
    if phase not in _AGENTS:
        return {"query_source": "repl_main_thread"}
    kind = "builtin" if phase == "Explore" else "custom"
    return {"query_source": f"agent:{kind}:{phase}", "agent.name": phase}


def _part(use: ModelUse, phase: str, *, is_compacted: bool) -> ModelUse:
    """Return the tokens of one of the requests that a record's tokens are shared out to."""
    parts = _PHASES if is_compacted else _PHASES[:-1]
    place = parts.index(phase)

    def share(total: int) -> int:
        return total // len(parts) + (place < total % len(parts))

    return ModelUse(
        use.model,
        input=share(use.input),
        output=share(use.output),
        cache_read=share(use.cache_read),
        cache_creation=share(use.cache_creation),
        estimated_cents=0,
    )


def _cents(model: str, part: ModelUse) -> Decimal:
    return list_cents(
        model,
        input=part.input,
        output=part.output,
        read=part.cache_read,
        write_5m=part.cache_creation,
    )


def _tokens(part: ModelUse) -> int:
    return part.input + part.output + part.cache_read + part.cache_creation


def _count_pause(record: ClaudeCodeRecord, truth: TelemetryTruth) -> None:
    """Count what was in the cache before a pause, and had to be written again after it."""
    for place, use in enumerate(record.models):
        before = _part(use, "asked", is_compacted=place == 0)
        after = _part(use, "went on", is_compacted=place == 0)
        lost = before.cache_read + before.cache_creation - after.cache_read
        again = min(lost, after.cache_creation)
        if again == 0:
            continue
        lever = truth.levers[record.person_email or "", "idle_cache"]
        lever.requests += 1
        lever.tokens += again
        if use.model != UNKNOWN_MODEL:
            price = PRICES[use.model]
            lever.spent_cents += token_cents(again, price.write_5m)
            lever.saving_cents += token_cents(again, price.write_5m - price.read)


def _calls(
    number: int, record: ClaudeCodeRecord, truth: TelemetryTruth
) -> Iterator[dict[str, object]]:
    for report_name, (tool, size) in _TOOLS.items():
        accepted, rejected = record.tools.get(report_name, (0, 0))
        decisions = [*["accept"] * min(accepted, 2), *["reject"] * min(rejected, 1)]
        for place, decision in enumerate(decisions):
            truth.calls[tool, decision] += 1
            attributes: dict[str, object] = {
                "tool_use_id": f"toolu_{_hash(record.day, number, tool, place)[:24]}",
                "tool_name": tool,
                "tool_parameters": '{"file_path": "[a path]"}',
            }
            if record.models:
                attributes["request_id"] = _request_id(number, record, record.models[0], "asked")
            yield {
                "event.name": "tool_decision",
                "decision": decision,
                "source": "config",
                "tool_source": "builtin",
                **attributes,
            }
            if decision == "accept":
                _count_result(record, size, truth)
                yield {
                    "event.name": "tool_result",
                    "success": "true",
                    "duration_ms": "120",
                    "tool_result_size_bytes": str(size),
                    **attributes,
                }


def _count_result(record: ClaudeCodeRecord, size: int, truth: TelemetryTruth) -> None:
    """Count a result, which all requests of the main thread after it take along."""
    if not record.models:
        return
    lever = truth.levers[record.person_email or "", "tool_results"]
    lever.tokens += size // 4
    if record.models[0].model == UNKNOWN_MODEL:
        return
    price = PRICES[record.models[0].model]
    # The first writes it to the cache, then it is read by one of each other model and compaction.
    spent = token_cents(size // 4, price.write_5m) + token_cents(
        size // 4 * len(record.models), price.read
    )
    lever.spent_cents += spent
    lever.saving_cents += spent / 2 if size > 40_000 else 0


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
