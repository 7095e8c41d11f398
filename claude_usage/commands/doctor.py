"""`claude-usage doctor`: each credential and host, with the cheapest call."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from claude_usage.console import out
from ingestion.anthropic.client import open_client as open_anthropic
from ingestion.anthropic.endpoints import ORGANIZATION
from ingestion.anthropic.readers import read_object
from ingestion.errors import ConfigurationError, NotFound, Request, RequestError
from ingestion.github import client as github
from ingestion.github.probe import probe
from ingestion.github.queries import VIEWER
from ingestion.http import ApiClient, RetryPolicy
from ingestion.settings import Settings

# A person is waiting: tell soon rather than try long.
RETRY = RetryPolicy(attempts=3, longest_wait=2.0, longest_server_wait=5.0)


def doctor(settings: Settings) -> int:
    """Print a line for each thing checked; return 1 when any of them is wrong."""
    is_well = True
    for name, problem, detail in _findings(settings):
        mark = "[bold red]wrong[/]" if problem else "[green]ok[/]"
        is_well = is_well and not problem
        out.print(f"{mark:<8}", name, end=": ")
        out.print(detail, markup=False, soft_wrap=True)
    return 0 if is_well else 1


def _findings(settings: Settings) -> Iterator[tuple[str, bool, str]]:
    """Yield (what, is it wrong, what was seen and what to do)."""
    yield _anthropic(settings)
    yield from _github(settings)
    for variable, path in (
        ("WAREHOUSE_PATH", settings.warehouse_path),
        ("PUBLISH_PATH", settings.publish_path),
    ):
        parent = path.resolve().parent
        yield variable, parent.exists() and not parent.is_dir(), str(path)


def _anthropic(settings: Settings) -> tuple[str, bool, str]:
    name = f"ANTHROPIC_ADMIN_KEY at {_host(settings.anthropic_base_url)}"
    key = settings.anthropic_admin_key
    if key is None:
        return name, False, "not set; usage and cost are left out"
    if key.get_secret_value().startswith("sk-ant-api"):
        return name, True, (
            "this is an API key (sk-ant-api…), the reports need an Admin key (sk-ant-admin01-…):"
            " Console, Settings, Admin keys"
        )  # fmt: skip
    try:
        asyncio.run(_opened(open_anthropic(settings, retry=RETRY), _organization))
    except RequestError as error:
        return name, True, str(error)
    return name, False, "the key belongs to an organisation and may read it"


async def _organization(client: ApiClient) -> None:
    await read_object(client, ORGANIZATION)


async def _opened(client: ApiClient, work: Any) -> Any:
    async with client:
        return await work(client)


def _github(settings: Settings) -> Iterator[tuple[str, bool, str]]:
    name = f"GITHUB_TOKEN at {_host(settings.github_api_url)}"
    if settings.github_token is None:
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
    except RequestError as error:
        return True, str(error)


async def _rest_quota(settings: Settings) -> str:
    client = ApiClient(
        base_url=settings.github_api_url,
        headers=github.auth_headers(settings),
        request_id_header="x-github-request-id",
        concurrency=1,
        retry=RETRY,
    )
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
    client = github.open_client(settings, retry=RETRY)
    async with client:
        request = Request("viewer", "now")
        data, _ = await github.ask(client, request, VIEWER, {}, dict[str, Any])
    limit = data.get("rateLimit") or {}
    left = f", {limit['remaining']} points left this hour" if "remaining" in limit else ""
    return f"signed in as {(data.get('viewer') or {}).get('login', 'an app')}{left}"


async def _repositories(settings: Settings) -> str:
    found = await probe(github.open_client(settings, retry=RETRY), settings)
    if found.missing:
        raise found.missing[0]
    return f"{len(found.repositories)} can be read"


def _host(url: str) -> str:
    return urlsplit(url).netloc
