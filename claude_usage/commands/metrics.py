"""`claude-usage metrics`: the gauges and the bill, as monitoring systems take them."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

from claude_usage.console import complain, say
from exports import datadog, prometheus
from exports.gauges import NoFigures, opened
from exports.push import PushError, push
from exports.replacing import replace
from ingestion.errors import ConfigurationError
from ingestion.secrets import mask
from ingestion.settings import Settings


def show(
    settings: Settings, format_: str, to: Path | None, first: date | None, last: date | None
) -> int:
    """Print or write the gauges or Datadog's lines; return 0.

    Raises:
        ConfigurationError: there is no published file, or the file cannot be written.
    """
    if format_ == "prometheus" and (first or last):
        raise ConfigurationError("--start and --end are for --format datadog: gauges are of now")
    try:
        with opened(settings.publish_path) as ask:
            if format_ == "prometheus":
                body = prometheus.text(ask)[0]
            else:
                body = datadog.text(ask, first, last).encode()
        if to is None:
            sys.stdout.write(body.decode())
        else:
            replace(to, body, settings.publish_mode or 0o644)
    except NoFigures as error:
        raise ConfigurationError(str(error)) from error
    except OSError as error:
        raise ConfigurationError(f"{to} cannot be written: {error.strerror}") from error
    if to is not None:
        say(f"written: {to}")
    return 0


def send(settings: Settings) -> int:
    """Push the gauges to METRICS_OTLP_ENDPOINT; return 1 where any point was not taken, else 0.

    Raises:
        ConfigurationError: it is not set, or there is no published file.
    """
    if settings.metrics_otlp_endpoint is None:
        raise ConfigurationError(
            "METRICS_OTLP_ENDPOINT is not set: the base address of an OTLP receiver over HTTP, such"
            " as http://127.0.0.1:4318"
        )
    headers = settings.metrics_otlp_headers
    try:
        with opened(settings.publish_path) as ask:
            pushed = push(
                ask, settings.metrics_otlp_endpoint, headers.get_secret_value() if headers else ""
            )
    except NoFigures as error:
        raise ConfigurationError(str(error)) from error
    except PushError as error:
        complain(f"METRICS_OTLP_ENDPOINT: {error}")
        return 1
    say(f"sent: {pushed.sent} points of today and yesterday")
    if pushed.refused:
        say(f"refused: {pushed.refused} of them: {mask(pushed.message)}")
    return int(bool(pushed.refused))
