"""What can be read of a gateway, found out with the cheapest calls."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from ingestion.errors import IngestionError, Request
from ingestion.http import RetryPolicy
from ingestion.litellm import api, postgres
from ingestion.litellm.access import NEEDS, check_settings
from ingestion.settings import Settings
from ingestion.source import Finding
from ingestion.windows import today

# A person is waiting: tell soon rather than try long.
RETRY = RetryPolicy(attempts=3, longest_wait=2.0, longest_server_wait=5.0)


def findings(settings: Settings) -> Iterator[Finding]:
    """Look at the database, or ask the proxy for its version and for a request of today."""
    if not settings.has_litellm:
        yield Finding("LiteLLM", None, f"not set ({NEEDS}); gateways are left out")
        return
    try:
        check_settings(settings)
        if settings.litellm_database_url is not None:
            url = settings.litellm_database_url.get_secret_value()
            yield Finding(f"LiteLLM's database at {_host(url)}", False, _database(url))
        else:
            base = settings.litellm_base_url or ""
            yield Finding(f"LiteLLM at {_host(base)}", False, asyncio.run(_proxy(settings)))
    except IngestionError as error:
        yield Finding("LiteLLM", True, str(error))
    if settings.identity_salt is None:
        yield Finding("LiteLLM's users", None, "IDENTITY_SALT is not set; they stay unknown")


def _database(url: str) -> str:
    with postgres.connect(url) as connection:
        found = postgres.offered(connection)
        count = postgres.count_since(connection, found.requests, today())
    what = (
        "the views of reader.sql can be read"
        if found.is_view
        else "LiteLLM's own tables can be read, messages too: ingestion/litellm/reader.sql makes a"
        " role that may read less"
    )
    return f"{what}; {count:,} requests today"


async def _proxy(settings: Settings) -> str:
    client = api.open_client(settings, RETRY)
    async with client:
        # Older and newer proxies say more or less there.
        ready = await client.get(Request("readiness", "now"), api.READINESS, [], dict[str, Any])
        day = today()
        asked = [("start_date", f"{day} 00:00:00"), ("end_date", f"{day} 23:59:59")]
        page = [("page", "1"), ("page_size", "1")]
        await client.get(Request(api.LOGS, str(day)), api.LOGS, [*asked, *page], api.LogPage)
    version = ready.value.get("litellm_version", "of unknown version")
    return f"version {version}, its log can be read"


def _host(url: str) -> str:
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.hostname or 'this machine'}{port}"
