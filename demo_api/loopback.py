"""One ASGI application on a loopback port, in a thread, from entering the context to leaving it."""

from __future__ import annotations

import socket
import threading
import time
from types import TracebackType
from typing import Self

import uvicorn
from starlette.types import ASGIApp


class LoopbackServer:
    """Serves ``app`` on ``127.0.0.1``; port 0 takes a free one. A server starts once."""

    def __init__(self, app: ASGIApp, *, port: int = 0) -> None:
        self._port = port
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None
        config = uvicorn.Config(
            app,
            interface="asgi3",
            log_level="critical",
            access_log=False,
            lifespan="off",
            proxy_headers=False,
            # Above the pause of any client: a connection closed under a request looks like a fault.
            timeout_keep_alive=75,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Listen; returns when requests are answered."""
        self._socket = socket.create_server(("127.0.0.1", self._port))
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True
        )
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise RuntimeError("the demo server did not start")
            time.sleep(0.005)

    def stop(self) -> None:
        """Close the port; open connections are given a second."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(timeout=5)
        if self._socket is not None:
            self._socket.close()

    @property
    def url(self) -> str:
        """Base address, without a slash at the end."""
        if self._socket is None:
            raise RuntimeError("the demo server has not been started")
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"
