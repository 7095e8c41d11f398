"""Transcripts of some people's machines, in the shape of Claude Code's own, and their truth.

A response stands on a line for each of its blocks; one session in four was forked, which copies its
lines; a sub-agent has a file of its own.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from demo_api.people import Person

MACHINES = 6
SESSIONS = 20
RESPONSES = 12
BILLING_BASES = ("subscription", "subscription", "api", "gateway")
MODELS = ("claude-sonnet-4-5", "claude-opus-4-8", "claude-haiku-4-5")
TOOLS = ("Bash", "Read", "Edit", "mcp__tickets__search", "deploy-preview")


@dataclass
class Machine:
    """A person's machine; ``truth`` counts by UTC day, model and whether a sub-agent asked."""

    person: Person
    billing_basis: str
    truth: dict[tuple[str, str, bool], dict[str, int]] = field(default_factory=dict)


def write_machines(
    people: Sequence[Person], days: Sequence[str], folder: Path, seed: int
) -> list[Machine]:
    """Write each machine's files into ``folder/<number>/projects``; return whose they are."""
    numbers = random.Random(seed)
    users = [one for one in people if one.intensity > 0][:MACHINES]
    machines = []
    for place, person in enumerate(users):
        machine = Machine(person, BILLING_BASES[place % len(BILLING_BASES)])
        project = folder / str(place) / "projects" / "-srv-code-shop"
        project.mkdir(parents=True)
        for _ in range(SESSIONS):
            _write_session(machine, project, numbers, date.fromisoformat(numbers.choice(days)))
        machines.append(machine)
    return machines


def _write_session(machine: Machine, project: Path, numbers: random.Random, day: date) -> None:
    session = f"{numbers.getrandbits(128):032x}"
    at = datetime.combine(day, time(numbers.randrange(8, 18)), UTC)
    model = numbers.choice(MODELS)
    main = list(_responses(machine, numbers, session, at, model, is_subagent=False))
    _write(project / f"{session}.jsonl", main)
    if numbers.random() < 0.5:
        agents = project / session / "subagents"
        agents.mkdir(parents=True)
        lines = list(_responses(machine, numbers, session, at, MODELS[2], is_subagent=True))
        _write(agents / f"agent-{session[:12]}.jsonl", lines)
    if numbers.random() < 0.25:
        fork = f"{numbers.getrandbits(128):032x}"
        began = {"type": "mode", "sessionId": fork, "timestamp": _stamp(at + timedelta(hours=2))}
        _write(project / f"{fork}.jsonl", [began, *({**one, "sessionId": fork} for one in main)])


def _responses(
    machine: Machine,
    numbers: random.Random,
    session: str,
    at: datetime,
    model: str,
    *,
    is_subagent: bool,
) -> Iterator[dict[str, Any]]:
    for _ in range(numbers.randrange(1, RESPONSES)):
        at += timedelta(seconds=numbers.randrange(5, 90))
        five, hour = numbers.randrange(2_000), numbers.randrange(4_000)
        counts = {
            "uncached_input_tokens": numbers.randrange(1, 400),
            "cache_read_tokens": numbers.randrange(60_000),
            "cache_creation_5m_tokens": five,
            "cache_creation_1h_tokens": hour,
            "output_tokens": numbers.randrange(10, 3_000),
        }
        truth = machine.truth.setdefault((str(at.date()), model, is_subagent), {})
        for name, count in {"response_count": 1, **counts}.items():
            truth[name] = truth.get(name, 0) + count
        yield from _lines(numbers, session, at, model, counts, is_subagent=is_subagent)


def _lines(
    numbers: random.Random,
    session: str,
    at: datetime,
    model: str,
    counts: dict[str, int],
    *,
    is_subagent: bool,
) -> Iterator[dict[str, Any]]:
    message, request, tool = (f"{numbers.getrandbits(96):024x}" for _ in range(3))
    shared = {
        "isSidechain": is_subagent,
        "sessionId": session,
        "version": "2.1.332",
        "entrypoint": "cli",
        "cwd": "/srv/code/shop",
    }
    written = counts["cache_creation_5m_tokens"] + counts["cache_creation_1h_tokens"]
    usage = {
        "input_tokens": counts["uncached_input_tokens"],
        "cache_read_input_tokens": counts["cache_read_tokens"],
        "cache_creation_input_tokens": written,
        "cache_creation": {
            "ephemeral_5m_input_tokens": counts["cache_creation_5m_tokens"],
            "ephemeral_1h_input_tokens": counts["cache_creation_1h_tokens"],
        },
        "service_tier": "standard",
        "speed": "standard",
    }
    blocks = [
        {"type": "text", "text": "Looking."},
        {"type": "tool_use", "id": f"toolu_{tool}", "name": numbers.choice(TOOLS), "input": {}},
    ]
    for place, block in enumerate(blocks):
        # The first line is written while the answer still comes.
        output = counts["output_tokens"] if place else 1
        yield {
            "parentUuid": None,
            **shared,
            **({"agentId": session[:12], "attributionAgent": "Explore"} if is_subagent else {}),
            "type": "assistant",
            "uuid": f"{message}-{place}",
            "requestId": f"req_{request}",
            "timestamp": _stamp(at + timedelta(milliseconds=place)),
            "message": {
                "id": f"msg_{message}",
                "model": model,
                "stop_reason": "tool_use" if place else None,
                "content": [block],
                "usage": {**usage, "output_tokens": output},
            },
        }
    result = {"type": "tool_result", "tool_use_id": f"toolu_{tool}", "content": "done " * 20}
    yield {
        "parentUuid": f"{message}-1",
        **shared,
        "type": "user",
        "uuid": f"{message}-2",
        "timestamp": _stamp(at + timedelta(seconds=1)),
        "message": {"role": "user", "content": [result]},
    }


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"


def _write(path: Path, lines: Sequence[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(one) + "\n" for one in lines))
