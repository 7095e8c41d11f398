"""`claude-usage doctor`: each credential and host, with the cheapest call."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from claude_usage.calendar import words
from claude_usage.console import out
from ingestion.anthropic.capabilities import capabilities
from ingestion.errors import ConfigurationError, NotFound, Request, RequestError, Unreachable
from ingestion.github import client as github
from ingestion.github.probe import probe
from ingestion.github.queries import VIEWER
from ingestion.http import RetryPolicy
from ingestion.network import address, proxy_for
from ingestion.settings import Settings

# A person is waiting: tell soon rather than try long.
RETRY = RetryPolicy(attempts=3, longest_wait=2.0, longest_server_wait=5.0)


def doctor(settings: Settings) -> int:
    """Print a line for each thing checked; return 1 when any of them is wrong."""
    for name, text in _ways(settings):
        out.print("[yellow]hint[/]    ", name, end=": ")
        out.print(text, markup=False, soft_wrap=True)
    is_well = True
    for name, problem, detail in _findings(settings):
        mark = "[bold red]wrong[/]" if problem else "[green]ok[/]"
        is_well = is_well and not problem
        out.print(f"{mark:<8}", name, end=": ")
        out.print(detail, markup=False, soft_wrap=True)
    return 0 if is_well else 1


def _ways(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield what is on the way to a host and may not be known: a proxy, and no encryption."""
    for name, url in settings.hosts.items():
        if proxy := proxy_for(url):
            yield name, f"asked through the proxy {address(proxy)} of the environment"
    for name, way in settings.plain_http.items():
        yield name, f"the key goes to {way} in the clear, as ALLOW_PLAIN_HTTP is set"


def _findings(settings: Settings) -> Iterator[tuple[str, bool, str]]:
    """Yield (what, is it wrong, what was seen and what to do)."""
    yield from _anthropic(settings)
    yield from _github(settings)
    for variable, path in (
        ("WAREHOUSE_PATH", settings.warehouse_path),
        ("PUBLISH_PATH", settings.publish_path),
    ):
        parent = path.resolve().parent
        yield variable, parent.exists() and not parent.is_dir(), str(path)


def _anthropic(settings: Settings) -> Iterator[tuple[str, bool, str]]:
    """Yield a finding for each family of reports: which report tells it, and why."""
    host = _host(settings.anthropic_base_url)
    if not settings.has_anthropic:
        yield f"ANTHROPIC_ADMIN_KEY at {host}", False, "not set; usage and cost are left out"
        return
    try:
        found = asyncio.run(capabilities(settings, retry=RETRY))
    except ConfigurationError as error:
        yield "ANTHROPIC_ADMIN_KEY", True, str(error)
        return
    # A key that is refused is refused everywhere, with the same words.
    problems = {one.problem for one in found}
    if len(problems) == 1 and None not in problems:
        yield f"{found[0].source} at {host}", True, str(found[0].problem)
        return
    for one in found:
        name = f"{one.source} at {host}, {words(one.family)}"
        yield name, one.problem is not None, one.problem or one.why


def _github(settings: Settings) -> Iterator[tuple[str, bool, str]]:
    try:
        yield from _asked_of_github(settings)
    except Unreachable as error:
        # Whatever else is asked there would say the same.
        yield f"GitHub at {_host(settings.github_api_url)}", True, str(error)


def _asked_of_github(settings: Settings) -> Iterator[tuple[str, bool, str]]:
    credential = "GitHub App" if settings.has_github_app else "GITHUB_TOKEN"
    name = f"{credential} at {_host(settings.github_api_url)}"
    if settings.github_token is None and not settings.has_github_app:
        yield name, False, "not set; pull requests and commits are left out"
        return
    yield name, *_attempt(_rest_quota, settings)
    graphql = f"GraphQL at {_host(settings.graphql_url)}"
    yield graphql, *_attempt(_viewer, settings)
    try:
        names = settings.repositories
    except ConfigurationError as error:
        yield "GITHUB_REPOS", True, str(error)
        return
    if not (settings.github_org or names):
        yield "GITHUB_ORG", True, "neither GITHUB_ORG nor GITHUB_REPOS is set"
        return
    yield "repositories", *_attempt(_repositories, settings)


def _attempt(work: Any, settings: Settings) -> tuple[bool, str]:
    try:
        return False, asyncio.run(work(settings))
    except Unreachable:
        raise
    except (ConfigurationError, RequestError) as error:
        return True, str(error)


async def _rest_quota(settings: Settings) -> str:
    client = github.open_rest_client(settings, auth=github.authorization(settings), retry=RETRY)
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
    client = github.open_client(settings, auth=github.authorization(settings), retry=RETRY)
    async with client:
        request = Request("viewer", "now")
        data, _ = await github.ask(client, request, VIEWER, {}, dict[str, Any])
    limit = data.get("rateLimit") or {}
    left = f", {limit['remaining']} points left this hour" if "remaining" in limit else ""
    return f"signed in as {(data.get('viewer') or {}).get('login', 'an app')}{left}"


async def _repositories(settings: Settings) -> str:
    auth = github.authorization(settings)
    found = await probe(github.open_client(settings, auth=auth, retry=RETRY), settings)
    if found.missing:
        raise found.missing[0]
    return f"{len(found.repositories)} can be read"


def _host(url: str) -> str:
    return urlsplit(url).netloc
