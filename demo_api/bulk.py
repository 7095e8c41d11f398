"""A large invented Claude Code organisation, rendered once and served as ready bytes.

It is for measuring: answers cost the server next to nothing, so that a run's time is the client's.
Each person has one record a day with three models; the same seed gives the same bytes.

    python -m demo_api.bulk --people 500 --days 365     # prints the environment lines, serves

    with bulk_process(people=500, days=365) as environment:   # in a process of its own
        ...
    with BulkServer(BulkOrganisation(people=20, days=5)) as server:   # in a thread
        ...
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from urllib.parse import parse_qs

from starlette.types import Receive, Scope, Send

from demo_api.loopback import LoopbackServer
from demo_api.prices import PRICES

BULK_ADMIN_KEY = "-".join(("sk", "ant", "admin01", "demo", "bulk"))
ORGANIZATION_ID = "0f7d8c1e-33aa-4b52-9a70-6d1f5b0e9c44"
PAGE_SIZE = 1000
MODELS = ("claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5")
_TERMINALS = ("vscode", "iTerm.app", "tmux", "cursor")
# Thousandths of a dollar per million tokens: whole numbers, so that cents stay exact without
# a Decimal for each of a million rows.
_MILLI_DOLLARS = {
    model: [
        int(dollars * 1000) for dollars in (price.input, price.output, price.read, price.write_5m)
    ]
    for model, price in PRICES.items()
}
_MODEL = (
    '{"model":"%s","tokens":{"input":%d,"output":%d,"cache_read":%d,"cache_creation":%d},'
    '"estimated_cost":{"amount":%d,"currency":"USD"}}'
)
_RECORD = (
    '{"date":"%sT00:00:00Z","actor":{"type":"user_actor","email_address":"%s"},'
    '"organization_id":"' + ORGANIZATION_ID + '","customer_type":"api","terminal_type":"%s",'
    '"is_remote":false,"core_metrics":{"num_sessions":%d,"lines_of_code":{"added":%d,"removed":%d},'
    '"commits_by_claude_code":%d,"pull_requests_by_claude_code":%d},"tool_actions":{'
    '"edit_tool":{"accepted":%d,"rejected":%d},"multi_edit_tool":{"accepted":%d,"rejected":%d},'
    '"write_tool":{"accepted":%d,"rejected":%d},"notebook_edit_tool":{"accepted":0,"rejected":0}},'
    '"model_breakdown":[%s],"subscription_type":null}'
)


@dataclass
class BulkTruth:
    """Sums over records; ``estimated_cents`` adds up whole cents per model row."""

    records: int = 0
    model_rows: int = 0
    sessions: int = 0
    lines_added: int = 0
    commits: int = 0
    tokens: int = 0
    estimated_cents: int = 0

    def add(self, other: BulkTruth) -> None:
        """Add another sum to this one."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


@dataclass(frozen=True)
class BulkOrganisation:
    """``people`` people with a record on each of ``days`` UTC days from ``first_day`` on."""

    people: int = 500
    days: int = 365
    first_day: date = date(2025, 11, 1)
    seed: int = 1
    _truths: dict[str, BulkTruth] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def day_names(self) -> list[str]:
        """All days as text, oldest first."""
        return [str(self.first_day + timedelta(days=i)) for i in range(self.days)]

    def address(self, place: int) -> str:
        """Return the mail address of a person."""
        return f"person{place:05d}@bulk.example"

    def records(self, day: str) -> list[str]:
        """Return the JSON of a day's records, one per person; a day outside has none."""
        if not self.first_day <= date.fromisoformat(day) < self.first_day + timedelta(self.days):
            return []
        rng = random.Random(f"{self.seed} {day}")
        truth = BulkTruth()
        records = [self._record(rng, day, place, truth) for place in range(self.people)]
        self._truths[day] = truth
        return records

    def _record(self, rng: random.Random, day: str, place: int, truth: BulkTruth) -> str:
        noise = rng.randbytes(8 + 8 * len(MODELS))
        models = []
        for row, model in enumerate(MODELS):
            one = noise[8 + 8 * row : 16 + 8 * row]
            tokens = (
                one[0] * 60 + one[1],
                one[2] * 150 + one[3],
                one[4] * 9_000 + one[5] * 40,
                one[6] * 900 + one[7],
            )
            milli = sum(map(int.__mul__, tokens, _MILLI_DOLLARS[model]))
            cents = (milli + 5_000_000) // 10_000_000
            models.append(_MODEL % (model, *tokens, cents))
            truth.tokens += sum(tokens)
            truth.estimated_cents += cents
        truth.records += 1
        truth.model_rows += len(MODELS)
        truth.sessions += 1 + noise[0] % 6
        truth.lines_added += noise[1] * 3
        truth.commits += noise[3] % 5
        return _RECORD % (
            day,
            self.address(place),
            _TERMINALS[place % len(_TERMINALS)],
            1 + noise[0] % 6,
            noise[1] * 3,
            noise[2],
            noise[3] % 5,
            noise[3] % 3,
            noise[4] % 60,
            noise[5] % 8,
            noise[4] % 6,
            noise[5] % 2,
            noise[6] % 12,
            noise[7] % 3,
            ",".join(models),
        )

    def pages(self, day: str, *, limit: int = PAGE_SIZE) -> list[bytes]:
        """Return the answered pages of a day, at least one; an empty day has an empty page."""
        records = self.records(day)
        pages: list[bytes] = []
        for offset in range(0, max(len(records), 1), limit):
            following = offset + limit
            cursor = f'"page_{following}"' if following < len(records) else "null"
            has_more = "true" if following < len(records) else "false"
            data = ",".join(records[offset:following])
            text = f'{{"data":[{data}],"has_more":{has_more},"next_page":{cursor}}}'
            pages.append(text.encode())
        return pages

    def write_pages(self, folder: Path, *, limit: int = PAGE_SIZE) -> list[Path]:
        """Write ``<day>.<page>.json`` files, pages counted from 1, and return them in order."""
        folder.mkdir(parents=True, exist_ok=True)
        written: list[Path] = []
        for day in self.day_names:
            for number, body in enumerate(self.pages(day, limit=limit), start=1):
                path = folder / f"{day}.{number:04d}.json"
                path.write_bytes(body)
                written.append(path)
        return written

    def truth(self) -> BulkTruth:
        """Return the sums over all days."""
        total = BulkTruth()
        for day in self.day_names:
            if day not in self._truths:
                self.records(day)
            total.add(self._truths[day])
        return total


class BulkServer(LoopbackServer):
    """Serves a ``BulkOrganisation``: the Claude Code report in full, its directory, no costs.

    All pages of ``limit=1000`` are rendered before the first request; other limits are rendered
    when asked for. ``cost_report`` and ``usage_report/messages`` answer with empty buckets, the
    analytics addresses with 403. ``request_count`` counts.
    """

    def __init__(self, organisation: BulkOrganisation, *, port: int = 0) -> None:
        super().__init__(self._answer, port=port)
        self.organisation = organisation
        self.request_count = 0
        self._ready = {day: organisation.pages(day) for day in organisation.day_names}
        self._nothing = b'{"data":[],"has_more":false,"next_page":null}'

    @property
    def environment(self) -> dict[str, str]:
        """Variables that point the pipeline at this server."""
        return {"ANTHROPIC_ADMIN_KEY": BULK_ADMIN_KEY, "ANTHROPIC_BASE_URL": self.url}

    async def _answer(self, scope: Scope, _receive: Receive, send: Send) -> None:
        self.request_count += 1
        query = {k: v[-1] for k, v in parse_qs(scope["query_string"].decode()).items()}
        status, body = 401, _error("authentication_error", "invalid x-api-key")
        if dict(scope["headers"]).get(b"x-api-key") == BULK_ADMIN_KEY.encode():
            status, body = self._body(scope["path"].removeprefix("/v1/organizations/"), query)
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"request-id", b"req_011Bulk%013d" % self.request_count),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _body(self, path: str, query: dict[str, str]) -> tuple[int, bytes]:
        if path == "usage_report/claude_code":
            return 200, self._claude_code(query)
        if path == "me":
            me = {"id": ORGANIZATION_ID, "type": "organization", "name": "Bulk (demo)"}
            return 200, json.dumps(me).encode()
        if path == "users":
            return 200, self._users(query)
        if path in ("workspaces", "api_keys", "invites"):
            return 200, b'{"data":[],"first_id":null,"last_id":null,"has_more":false}'
        if path in ("usage_report/messages", "cost_report"):
            return 200, _empty_buckets(query)
        if path == "rate_limits":
            return 200, b'{"data":[],"next_page":null}'
        if path.startswith("analytics/"):
            message = "Missing required scopes. Got: ['api:admin'] Needed: ['read:analytics']"
            return 403, _error("permission_error", message)
        return 404, _error("not_found_error", f"Not found: {path}")

    def _claude_code(self, query: dict[str, str]) -> bytes:
        day, limit = query["starting_at"], int(query.get("limit", "20"))
        offset = int(query.get("page", "page_0").removeprefix("page_"))
        if limit == PAGE_SIZE:
            pages = self._ready.get(day, [self._nothing])
        else:
            pages = self.organisation.pages(day, limit=limit)
        return pages[offset // limit]

    def _users(self, query: dict[str, str]) -> bytes:
        limit, after = int(query.get("limit", "20")), query.get("after_id")
        start = int(after.removeprefix("user_")) + 1 if after else 0
        end = min(start + limit, self.organisation.people)
        data = [
            {
                "id": f"user_{place:05d}",
                "type": "user",
                "email": self.organisation.address(place),
                "name": f"Person {place}",
                "role": "claude_code_user",
                "added_at": "2025-09-01T08:00:00Z",
            }
            for place in range(start, end)
        ]
        answer = {
            "data": data,
            "first_id": data[0]["id"] if data else None,
            "last_id": data[-1]["id"] if data else None,
            "has_more": end < self.organisation.people,
        }
        return json.dumps(answer).encode()


def _error(kind: str, message: str) -> bytes:
    error = {"type": kind, "message": message, "details": None}
    return json.dumps({"type": "error", "error": error, "request_id": None}).encode()


def _empty_buckets(query: dict[str, str]) -> bytes:
    """Return a page of daily buckets without results; the cursor is the next page's first day.

    Minutes are left out: they would outweigh what is measured.
    """
    if query.get("bucket_width") == "1m":
        return b'{"data":[],"has_more":false,"next_page":null}'
    first = date.fromisoformat(query.get("page", query["starting_at"])[:10])
    end = date.fromisoformat(query["ending_at"][:10]) if "ending_at" in query else None
    count = int(query.get("limit", "7"))
    days = [first + timedelta(days=i) for i in range(count)]
    days = [day for day in days if end is None or day < end]
    has_more = end is not None and bool(days) and days[-1] + timedelta(days=1) < end
    data = [
        {
            "starting_at": f"{day}T00:00:00Z",
            "ending_at": f"{day + timedelta(days=1)}T00:00:00Z",
            "results": [],
        }
        for day in days
    ]
    following = str(days[-1] + timedelta(days=1)) if has_more else None
    return json.dumps({"data": data, "has_more": has_more, "next_page": following}).encode()


@contextmanager
def bulk_process(
    *, people: int = 500, days: int = 365, first_day: date = date(2025, 11, 1), seed: int = 1
) -> Iterator[dict[str, str]]:
    """Serve in a process of its own, whose memory is not the caller's; gives the environment."""
    command = [sys.executable, "-m", "demo_api.bulk", f"--people={people}", f"--days={days}"]
    command += [f"--first-day={first_day}", f"--seed={seed}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            lines = [process.stdout.readline().strip() for _ in range(2)]
            if not all(lines):
                raise RuntimeError("the bulk server did not start")
            yield dict(line.removeprefix("export ").split("=", 1) for line in lines)
        finally:
            process.terminate()


def main() -> None:
    """Render, print the environment lines, serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m demo_api.bulk", description=__doc__)
    parser.add_argument("--people", type=int, default=500)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--first-day", type=date.fromisoformat, default=date(2025, 11, 1))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    asked = parser.parse_args()
    organisation = BulkOrganisation(asked.people, asked.days, asked.first_day, asked.seed)
    with BulkServer(organisation, port=asked.port) as server:
        for name, value in server.environment.items():
            print(f"export {name}={value}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
