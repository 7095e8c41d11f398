"""What the settings say of access to GitHub, looked at before anything is asked."""

from __future__ import annotations

from collections.abc import Iterator

from ingestion.errors import ConfigurationError
from ingestion.settings import Settings


def check_settings(settings: Settings) -> None:
    """Raise `ConfigurationError` where nothing gives access, or says to which repositories."""
    for _, fault in setting_faults(settings):
        raise ConfigurationError(fault)
    if not has_access(settings):
        raise ConfigurationError(
            "GITHUB_TOKEN is not set. Create a fine-grained token with read access to contents,"
            " metadata and pull requests, and export it; or install a GitHub App and set"
            f" {', '.join(_app(settings))}."
        )
    if not (settings.repositories or settings.github_org):
        raise ConfigurationError(
            "Neither GITHUB_ORG nor GITHUB_REPOS is set: name an organisation, or repositories as"
            " owner/name separated by commas."
        )


def setting_faults(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield the variable and what is wrong with it; nothing set is no fault."""
    app = _app(settings)
    missing = [name for name, value in app.items() if value is None]
    if 0 < len(missing) < len(app):
        yield (
            missing[0],
            f"{' and '.join(missing)} not set: a GitHub App needs {', '.join(app)}.",
        )
    try:
        if settings.has_github_app:
            _check_private_key(settings)
    except ConfigurationError as error:
        yield "GITHUB_APP_PRIVATE_KEY", str(error)
    try:
        _ = settings.repositories
    except ConfigurationError as error:
        yield "GITHUB_REPOS", str(error)


def setting_gaps(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield the variable that is not set and must be, as access or what to read is."""
    is_there, named = has_access(settings), settings.github_org or settings.github_repos
    if is_there and not named:
        yield (
            "GITHUB_ORG",
            "neither GITHUB_ORG nor GITHUB_REPOS is set, though there is access to GitHub: name an"
            " organisation or repositories, or unset GITHUB_TOKEN",
        )
    if named and not is_there and settings.github_app_id is None:
        yield "GITHUB_TOKEN", "not set, though GITHUB_ORG or GITHUB_REPOS is"


def has_access(settings: Settings) -> bool:
    """Return whether a token is set, or an app."""
    return settings.github_token is not None or settings.has_github_app


def _app(settings: Settings) -> dict[str, object]:
    return {
        "GITHUB_APP_ID": settings.github_app_id,
        "GITHUB_APP_INSTALLATION_ID": settings.github_app_installation_id,
        "GITHUB_APP_PRIVATE_KEY": settings.github_app_private_key,
    }


def _check_private_key(settings: Settings) -> None:
    # Here and not above: few have an app, and what reads its key takes long to import.
    from ingestion.github.client import authorization

    authorization(settings)
