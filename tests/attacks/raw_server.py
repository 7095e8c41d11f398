"""A server that answers any bytes: what no well-kept server would say."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

# Answers one request, whose first line it is told, on a connection that is closed afterwards.
Answer = Callable[[socket.socket, str], None]
PAGE = b'{"data":[],"has_more":false,"next_page":null}'


def whole(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    """Return an answer with ``body`` whole, and ``headers`` beside its own."""
    own = [b"content-type: application/json", b"content-length: %d" % len(body)]
    named = {header.partition(b":")[0].lower() for header in headers}
    kept = [header for header in own if header.partition(b":")[0] not in named]
    if b"request-id" not in named:
        kept.append(b"request-id: req_raw")
    lines = [b"HTTP/1.1 " + status, *kept, *headers, b"connection: close", b"", body]
    return b"\r\n".join(lines)


class RawServer:
    """Answers on a port of ``127.0.0.1`` from entering the context until leaving it."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Refuse connections from now on."""
        # Or a thread that waits for one would keep the port.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        # The client hangs up on what it does not want.
        with connection, contextlib.suppress(OSError):
            asked = b""
            while b"\r\n\r\n" not in asked:
                read = connection.recv(65_536)
                if not read:
                    return
                asked += read
            self._answer(connection, asked.split(b"\r\n")[0].decode())
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
                # Until the client has read all: closing before would cut it off.
                connection.settimeout(10)
                while connection.recv(65_536):
                    pass


@contextmanager
def closed_port() -> Iterator[str]:
    """Yield a URL at which every connection is refused."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{unused.getsockname()[1]}"
