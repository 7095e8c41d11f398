"""Invented records of the Claude Code report at any size, as the API would answer them.

Made from templates, some 100,000 a second, so that a benchmark measures what reads them.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

FIRST_DAY = date(2024, 1, 1)
PATH = "/v1/organizations/usage_report/claude_code"

_MODELS = (
    ("claude-opus-5-5", 8),
    ("claude-sonnet-5-5", 3),
    ("claude-haiku-5-5", 1),
)
_TERMINALS = ("vscode", "iTerm.app", "tmux", "WarpTerminal", "non-interactive")
_ACTOR = '{"type": "user_actor", "email_address": "person-%04d@larkfield.example"}'
_RECORD = (
    '{"date": "%sT00:00:00Z", "actor": %s,'
    ' "organization_id": "5d3b9a52-7c41-4e0a-9f6d-2b8c01f4a7e6", "customer_type": "%s",'
    ' "subscription_type": %s, "terminal_type": "%s", "is_remote": %s,'
    ' "core_metrics": {"num_sessions": %d, "lines_of_code": {"added": %d, "removed": %d},'
    ' "commits_by_claude_code": %d, "pull_requests_by_claude_code": %d},'
    ' "tool_actions": {"edit_tool": {"accepted": %d, "rejected": %d},'
    ' "multi_edit_tool": {"accepted": %d, "rejected": %d},'
    ' "write_tool": {"accepted": %d, "rejected": %d},'
    ' "notebook_edit_tool": {"accepted": %d, "rejected": %d}},'
    ' "model_breakdown": [%s]}'
)
_USE = (
    '{"model": "%s", "tokens": {"input": %d, "output": %d, "cache_read": %d,'
    ' "cache_creation": %d}, "estimated_cost": {"amount": %d, "currency": "USD"}}'
)


def days(count: int) -> list[date]:
    """Return ``count`` days in a row, all of them long over."""
    return [FIRST_DAY + timedelta(days=number) for number in range(count)]


def day_of_records(day: date, people: int) -> list[str]:
    """Return a day's records as JSON text, one of each person, 1.2 KB and three models each."""
    rng = random.Random(day.toordinal())
    return [_record(rng, day.isoformat(), number) for number in range(people)]


def _record(rng: random.Random, day: str, number: int) -> str:
    one, two, three = rng.random(), rng.random(), rng.random()
    is_subscriber = number % 3 == 0
    uses = ", ".join(
        _USE
        % (
            model,
            one * 7_000 * scale,
            two * 12_000 * scale,
            three * 900_000 * scale,
            (one + two) * 30_000 * scale,
            three * 900 * scale,
        )
        for model, scale in _MODELS
    )
    return _RECORD % (
        day,
        _ACTOR % number,
        "subscription" if is_subscriber else "api",
        '"team"' if is_subscriber else "null",
        _TERMINALS[number % len(_TERMINALS)],
        "true" if number % 11 == 0 else "false",
        1 + one * 6,
        two * 900,
        three * 260,
        one * 5,
        two * 3,
        three * 60,
        one * 8,
        two * 6,
        three * 2,
        one * 12,
        two * 3,
        three * 3,
        one * 2,
        uses,
    )


def page(records: list[str], *, next_page: str | None = None) -> bytes:
    """Return an answer of the report around ``records``."""
    following = json.dumps(next_page)
    has_more = json.dumps(next_page is not None)
    data = ", ".join(records)
    return f'{{"data": [{data}], "has_more": {has_more}, "next_page": {following}}}'.encode()


def write_pages(folder: Path, *, days_of: list[date], people: int) -> list[Path]:
    """Write a page of each day into ``folder``; return the files in order of their days."""
    return [_written(folder, day, people) for day in days_of]


def _written(folder: Path, day: date, people: int) -> Path:
    path = folder / f"{day}.json"
    path.write_bytes(page(day_of_records(day, people)))
    return path


def read_pages(paths: list[Path]) -> Iterator[tuple[date, bytes]]:
    """Yield the days and bodies of files that `write_pages` wrote."""
    for path in paths:
        yield date.fromisoformat(path.stem), path.read_bytes()
