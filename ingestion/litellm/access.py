"""What the settings say of access to a gateway, looked at before anything is asked."""

from __future__ import annotations

from collections.abc import Iterator

from ingestion.errors import ConfigurationError
from ingestion.settings import Settings

NEEDS = "LITELLM_DATABASE_URL, or LITELLM_BASE_URL with LITELLM_API_KEY"


def check_settings(settings: Settings) -> None:
    """Raise `ConfigurationError` where nothing leads to a gateway, or too much does."""
    for _, text in (*setting_faults(settings), *setting_gaps(settings)):
        raise ConfigurationError(text)
    if not settings.has_litellm:
        raise ConfigurationError(f"no gateway is set: {NEEDS}")


def setting_faults(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield the variable and what is wrong with it; nothing set is no fault."""
    if settings.litellm_database_url is not None and settings.litellm_api_key is not None:
        yield (
            "LITELLM_API_KEY",
            "LITELLM_DATABASE_URL and LITELLM_API_KEY are both set: unset one. The database is"
            " faster, and tells what the API leaves out",
        )


def setting_gaps(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield the variable that is not set and must be, beside others that are."""
    has_key, has_url = settings.litellm_api_key is not None, settings.litellm_base_url is not None
    if has_key and not has_url:
        yield "LITELLM_BASE_URL", "LITELLM_BASE_URL is not set, though LITELLM_API_KEY is"
    if has_url and not has_key and settings.litellm_database_url is None:
        yield "LITELLM_API_KEY", "LITELLM_API_KEY is not set, though LITELLM_BASE_URL is"
