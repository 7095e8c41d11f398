"""Servers with a fixed clock, and readers of the analytics APIs of both organisations."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx

from demo_api import DemoServer

NOW = datetime(2026, 11, 5, 12, 30, tzinfo=UTC)
BETA = {"anthropic-beta": "analytics-usage-cost-2026-08-24"}
# Ranges of at most 31 days that cover the story.
SPANS = (
    ("2026-08-03T00:00:00Z", "2026-09-01T00:00:00Z"),
    ("2026-09-01T00:00:00Z", "2026-10-01T00:00:00Z"),
    ("2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z"),
)


class Clock:
    """A clock that stands until a test moves it."""

    def __init__(self, moment: datetime = NOW) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment


def client(server: DemoServer, key: str, version: str = "2026-10-21") -> httpx.Client:
    headers = {"x-api-key": key, "anthropic-version": version, **BETA}
    return httpx.Client(base_url=f"{server.url}/v1/organizations/", headers=headers, verify=False)


def query(params: dict[str, str], *groups: str) -> list[tuple[str, str]]:
    return [*params.items(), *(("group_by[]", group) for group in groups)]


def rows(
    reader: httpx.Client, path: str, params: list[tuple[str, str]], limit: int = 1000
) -> list[dict[str, Any]]:
    """Return the rows of all pages."""
    found: list[dict[str, Any]] = []
    params = [*params, ("limit", str(limit))]
    page: list[tuple[str, str]] = []
    while True:
        response = reader.get(path, params=params + page)
        assert response.status_code == 200, response.text
        answer = response.json()
        found += answer["data"]
        if answer["next_page"] is None:
            return found
        page = [("page", answer["next_page"])]


def daily(
    reader: httpx.Client, path: str, *groups: str, width: str = "time_bucket_width"
) -> list[dict[str, Any]]:
    """Return the daily rows of the whole story."""
    return [
        row
        for start, end in SPANS
        for row in rows(
            reader, path, query({"starting_at": start, "ending_at": end, width: "1d"}, *groups)
        )
    ]


def actor_id(actor: dict[str, Any] | None) -> str | None:
    """Return what identifies an actor: its id, or a federated one's issuer."""
    if actor is None:
        return None
    for name in ("user_id", "service_account_id", "api_key_id"):
        if name in actor:
            return str(actor[name])
    return str(actor["provider"]["issuer"])
