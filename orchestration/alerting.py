"""What alerts need, out of the settings: the file of rules, the secrets it names, and places."""

from __future__ import annotations

from alerts import FILE_NAME
from alerts.config import AlertsError, read
from alerts.sending import Post
from ingestion.errors import ConfigurationError
from ingestion.settings import Settings, named_secrets


def post_of(settings: Settings) -> Post:
    """Return what letters need.

    Raises:
        ConfigurationError: there is no `alerts.yml`, or it cannot be used.
    """
    folder = settings.seeds_folder
    if folder is None or not (folder / FILE_NAME).exists():
        raise ConfigurationError(
            f"there is no {FILE_NAME} in the folder of SEEDS_PATH: see docs/alerts.md"
        )
    try:
        alerts = read(folder / FILE_NAME)
    except AlertsError as error:
        raise ConfigurationError("; ".join(error.faults)) from error
    return Post(
        alerts,
        named_secrets(alerts.variables),
        settings.publish_path,
        settings.delivered_path,
        settings.dashboard_url or "",
    )
