"""What can be read of GitHub, found out with the cheapest calls."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any
from urllib.parse import urlsplit

from ingestion.errors import ConfigurationError, NotFound, Request, RequestError, Unreachable
from ingestion.github.access import has_access
from ingestion.github.client import ask, authorization, open_client, open_rest_client
from ingestion.github.probe import probe
from ingestion.github.queries import VIEWER
from ingestion.http import RetryPolicy
from ingestion.settings import Settings
from ingestion.source import Finding

# A person is waiting: tell soon rather than try long.
RETRY = RetryPolicy(attempts=3, longest_wait=2.0, longest_server_wait=5.0)


def findings(settings: Settings) -> Iterator[Finding]:
    """Ask for what is left of the quota, who asks, and which repositories there are."""
    try:
        yield from _asked_of_github(settings)
    except Unreachable as error:
        # Whatever else is asked there would say the same.
        yield Finding(f"GitHub at {_host(settings.github_api_url)}", True, str(error))


def _asked_of_github(settings: Settings) -> Iterator[Finding]:
    credential = "GitHub App" if settings.has_github_app else "GITHUB_TOKEN"
    name = f"{credential} at {_host(settings.github_api_url)}"
    if not has_access(settings):
        yield Finding(name, None, "not set; pull requests and commits are left out")
        return
    is_refused, details = _attempt(_rest_quota, settings)
    yield Finding(name, is_refused, details)
    if is_refused:
        # What is refused here is refused everywhere, with the same words.
        return
    graphql = f"GraphQL at {_host(settings.graphql_url)}"
    yield Finding(graphql, *_attempt(_viewer, settings))
    yield Finding("repositories", *_attempt(_repositories, settings))


def _attempt(
    work: Callable[[Settings], Coroutine[Any, Any, str]], settings: Settings
) -> tuple[bool, str]:
    try:
        return False, asyncio.run(work(settings))
    except Unreachable:
        raise
    except (ConfigurationError, RequestError) as error:
        return True, str(error)


async def _rest_quota(settings: Settings) -> str:
    client = open_rest_client(settings, auth=authorization(settings), retry=RETRY)
    async with client:
        try:
            request = Request("rate_limit", "now")
            answer = await client.get(request, "/rate_limit", [], dict[str, Any])
        except NotFound:
            # Enterprise Server with its limits switched off answers 404 here.
            return "the host answers; it has no rate limits"
    core = answer.value.get("resources", {}).get("core", {})
    return f"{core.get('remaining', '?')} of {core.get('limit', '?')} REST requests left this hour"


async def _viewer(settings: Settings) -> str:
    client = open_client(settings, auth=authorization(settings), retry=RETRY)
    async with client:
        request = Request("viewer", "now")
        data, _ = await ask(client, request, VIEWER, {}, dict[str, Any])
    limit = data.get("rateLimit") or {}
    left = f", {limit['remaining']} points left this hour" if "remaining" in limit else ""
    return f"signed in as {(data.get('viewer') or {}).get('login', 'an app')}{left}"


async def _repositories(settings: Settings) -> str:
    auth = authorization(settings)
    found = await probe(open_client(settings, auth=auth, retry=RETRY), settings)
    if found.missing:
        raise found.missing[0]
    return f"{len(found.repositories)} can be read"


def _host(url: str) -> str:
    return urlsplit(url).netloc
