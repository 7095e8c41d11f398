"""`claude-usage dashboard`: the pages over the published file."""

from __future__ import annotations

import socket

import uvicorn
from pydantic import ValidationError

from claude_usage.console import say
from dashboard.app import create
from dashboard.settings import DashboardSettings
from dashboard.viewers import GrantsError
from ingestion.errors import ConfigurationError


def dashboard(port: int | None) -> int:
    """Serve until interrupted; return 0.

    Raises:
        ConfigurationError: a setting is wrong, or the port is taken.
    """
    try:
        settings = DashboardSettings()
    except ValidationError as error:
        problems = "; ".join(one["msg"].removeprefix("Value error, ") for one in error.errors())
        raise ConfigurationError(problems) from error
    try:
        application = create(settings)
    except GrantsError as error:
        raise ConfigurationError(str(error)) from error
    host, asked = settings.dashboard_host, settings.dashboard_port if port is None else port
    try:
        listener = socket.create_server((host, asked))
    except OSError as error:
        raise ConfigurationError(
            f"{host}:{asked} cannot be opened: {error.strerror}. Choose another with --port"
        ) from error
    say(f"Dashboard: http://{host}:{listener.getsockname()[1]} (stop with Ctrl-C)")
    config = uvicorn.Config(
        application,
        log_level="warning",
        server_header=False,
        # Who is connected says who is believed, and no header that anybody can write.
        proxy_headers=False,
    )
    uvicorn.Server(config).run(sockets=[listener])
    return 0
