"""The keys of the settings: of which organisations, and whether they are of the right kind."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import SecretStr

from ingestion.anthropic.kinds import Organization
from ingestion.errors import ConfigurationError
from ingestion.settings import Settings


def configured(settings: Settings) -> list[Organization]:
    """Return the kinds of organisation there is a key of."""
    keys: dict[Organization, SecretStr | None] = {
        "console": settings.console_key,
        "enterprise": settings.enterprise_key,
    }
    return [kind for kind, key in keys.items() if key is not None]


def check_settings(settings: Settings) -> None:
    """Raise `ConfigurationError` when there is no key, or one of the wrong kind."""
    for _, fault in key_faults(settings):
        raise ConfigurationError(fault)
    if not configured(settings):
        raise ConfigurationError(f"ANTHROPIC_ADMIN_KEY is not set. {_HOW}")


def key_faults(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield the variable and what is wrong for each key of the wrong kind."""
    admin, analytics = settings.anthropic_admin_key, settings.anthropic_analytics_key
    for name, key in (
        ("ANTHROPIC_ADMIN_KEY", admin),
        ("ANTHROPIC_ANALYTICS_KEY", analytics),
    ):
        if key is not None and key.get_secret_value().startswith("sk-ant-api03"):
            yield (
                name,
                f"{name} holds an inference key (sk-ant-api03-…), which may read no report. {_HOW}",
            )
    if analytics is not None and analytics.get_secret_value().startswith("sk-ant-admin"):
        yield (
            "ANTHROPIC_ANALYTICS_KEY",
            "ANTHROPIC_ANALYTICS_KEY holds an Admin key of the Console (sk-ant-admin…): put it into"
            " ANTHROPIC_ADMIN_KEY. It is for the key of a Claude Enterprise organisation"
            " (sk-ant-api01-…).",
        )
    if analytics is not None and settings.enterprise_key is admin:
        yield (
            "ANTHROPIC_ANALYTICS_KEY",
            "ANTHROPIC_ADMIN_KEY and ANTHROPIC_ANALYTICS_KEY both hold a key of a Claude Enterprise"
            " organisation (sk-ant-api01-…): unset one of them.",
        )


_HOW = (
    "Create an Admin key (sk-ant-admin01-…) in the Console, under Settings, Admin keys, or a key"
    " with the scope read:analytics (sk-ant-api01-…) in Claude Enterprise, and export it."
)
