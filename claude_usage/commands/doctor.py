"""`claude-usage doctor`: each credential and host, with the cheapest call."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rich.markup import escape

from claude_usage.calendar import words
from claude_usage.console import out
from claude_usage.settings import Fault, hints
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

_STYLES = {"ok": "green", "wrong": "bold red", "hint": "yellow", "unset": "dim"}
# Whether something is a problem; None where it is not set, which may be meant so.
_MARKS = {False: "ok", True: "wrong", None: "unset"}
Findings = Iterator[tuple[str, bool | None, str]]


def doctor(settings: Settings, faults: Sequence[Fault] = ()) -> int:
    """Print a line for each thing checked; return 2 for ``faults`` of settings, 1 for others."""
    for fault in faults:
        _print("wrong", str(fault))
    for hint in hints(settings):
        _print("hint", str(hint))
    for line in _ways(settings):
        _print("hint", line)
    is_well = True
    for name, problem, detail in _findings(settings, {fault.variable for fault in faults}):
        is_well = is_well and not problem
        _print(_MARKS[problem], f"{name}: {detail}")
    return 2 if faults else int(not is_well)


def _ways(settings: Settings) -> Iterator[str]:
    """Yield what is on the way to a host and may not be known: a proxy, and no encryption."""
    for name, url in settings.hosts.items():
        if proxy := proxy_for(url):
            yield f"{name}: asked through the proxy {address(proxy)} of the environment"
    for name, way in settings.plain_http.items():
        yield f"{name}: the key goes to {way} in the clear, as ALLOW_PLAIN_HTTP is set"


def _print(mark: str, line: str) -> None:
    out.print(f"[{_STYLES[mark]}]{mark:<8}[/]{escape(line)}", soft_wrap=True)


def _findings(settings: Settings, wrong: Collection[str]) -> Findings:
    """Yield (what, is it wrong, what was seen and what to do); ``wrong`` variables are said."""
    if not any(name.startswith("ANTHROPIC_") for name in wrong):
        yield from _anthropic(settings)
    if not any(name.startswith("GITHUB_") for name in wrong):
        yield from _github(settings)
    for variable, path in (
        ("WAREHOUSE_PATH", settings.warehouse_path),
        ("PUBLISH_PATH", settings.publish_path),
    ):
        if variable not in wrong:
            yield variable, False, f"{path}{_what_is_there(path)}"


def _what_is_there(path: Path) -> str:
    if path.exists():
        return f", {path.stat().st_size / 1e6:,.1f} MB"
    folder = path.absolute().parent
    return ", not there yet" + ("" if folder.exists() else f"; folder {folder} will be made")


def _anthropic(settings: Settings) -> Findings:
    """Yield a finding for each family of reports: which report tells it, and why."""
    host = _host(settings.anthropic_base_url)
    if not settings.has_anthropic:
        yield f"ANTHROPIC_ADMIN_KEY at {host}", None, "not set; usage and cost are left out"
        return
    found = asyncio.run(capabilities(settings, retry=RETRY))
    told: set[str | None] = set()
    for source, findings in groupby(found, key=lambda one: one.source):
        for one in findings:
            if one.is_of_all:
                # Of the host, for the other organisation's key too.
                if one.problem not in told:
                    yield f"{source} at {host}", True, str(one.problem)
                told.add(one.problem)
                break
            name = f"{source} at {host}, {words(one.family)}"
            yield name, one.problem is not None, one.problem or one.why


def _github(settings: Settings) -> Findings:
    try:
        yield from _asked_of_github(settings)
    except Unreachable as error:
        # Whatever else is asked there would say the same.
        yield f"GitHub at {_host(settings.github_api_url)}", True, str(error)


def _asked_of_github(settings: Settings) -> Findings:
    credential = "GitHub App" if settings.has_github_app else "GITHUB_TOKEN"
    name = f"{credential} at {_host(settings.github_api_url)}"
    if settings.github_token is None and not settings.has_github_app:
        yield name, None, "not set; pull requests and commits are left out"
        return
    is_refused, said = _attempt(_rest_quota, settings)
    yield name, is_refused, said
    if is_refused:
        # What is refused here is refused everywhere, with the same words.
        return
    graphql = f"GraphQL at {_host(settings.graphql_url)}"
    yield graphql, *_attempt(_viewer, settings)
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
