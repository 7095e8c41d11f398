"""The client of one organisation: its key in one header, to one host."""

from __future__ import annotations

from typing import Any

from ingestion.anthropic.kinds import LEGACY_VERSION, Organization
from ingestion.http import ApiClient
from ingestion.settings import Settings

# The usage and cost guide asks for a poll a minute in steady state and allows bursts for paging.
CONCURRENCY = 4
# Documented for an Enterprise organisation's analytics, and again for its spend limits.
ENTERPRISE_REQUESTS_A_MINUTE = 60


def open_client(
    settings: Settings, organization: Organization = "console", **options: Any
) -> ApiClient:
    """Return a client for the host of the settings, with the organisation's key in its header."""
    is_console = organization == "console"
    key = settings.console_key if is_console else settings.enterprise_key
    headers = {"anthropic-version": LEGACY_VERSION}
    if key is not None:
        headers["x-api-key"] = key.get_secret_value()
    options.setdefault("a_minute", None if is_console else ENTERPRISE_REQUESTS_A_MINUTE)
    return ApiClient(
        base_url=settings.anthropic_base_url,
        headers=headers,
        request_id_header="request-id",
        setting="ANTHROPIC_BASE_URL",
        concurrency=CONCURRENCY,
        **options,
    )
