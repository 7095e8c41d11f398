"""`claude-usage otlp-serve`: receive telemetry, and keep of it what may be kept."""

from __future__ import annotations

import socket

import uvicorn

from claude_usage.console import say
from ingestion.errors import ConfigurationError
from ingestion.local.receiving import ExportFolder
from ingestion.network import is_loopback
from ingestion.settings import Settings
from ingestion.telemetry.drop_folder import DropFolder
from ingestion.telemetry.projection import Projector
from ingestion.telemetry.receiver import Receiver


def otlp_serve(settings: Settings) -> int:
    """Serve until interrupted; return 0.

    Raises:
        ConfigurationError: a setting is missing, or the port is taken.
    """
    if settings.telemetry_path is None:
        raise ConfigurationError("TELEMETRY_PATH is not set: name the folder that is written to")
    host, token = settings.otlp_host, settings.otlp_token
    if token is None and not is_loopback(host):
        raise ConfigurationError(
            f"OTLP_TOKEN is not set, and OTLP_HOST {host} can be reached from other machines:"
            " make one with `openssl rand -hex 32`"
        )
    try:
        listener = socket.create_server((host, settings.otlp_port), backlog=1024)
    except OSError as error:
        raise ConfigurationError(
            f"{host}:{settings.otlp_port} cannot be opened: {error.strerror}. Set OTLP_PORT"
        ) from error
    try:
        folder = DropFolder(settings.telemetry_path)
    except OSError as error:
        raise ConfigurationError(
            f"TELEMETRY_PATH: {settings.telemetry_path} cannot be written: {error.strerror}"
        ) from error
    exports = settings.local_exports_path
    receiver = Receiver(
        folder,
        Projector.of(settings),
        token=token.get_secret_value() if token else None,
        longest=settings.otlp_max_megabytes << 20,
        exports=ExportFolder(exports) if exports else None,
    )
    if settings.identity_salt is None:
        say("IDENTITY_SALT is not set: addresses are left out, and use has no person")
    say(f"OTLP over HTTP: http://{host}:{listener.getsockname()[1]} (stop with Ctrl-C)")
    config = uvicorn.Config(
        receiver.application(),
        log_level="warning",
        server_header=False,
        access_log=False,
        proxy_headers=False,
        limit_concurrency=512,
        timeout_graceful_shutdown=10,
    )
    uvicorn.Server(config).run(sockets=[listener])
    return 0
