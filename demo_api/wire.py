"""The ASGI layer in front of all APIs: records each request and applies faults to the bytes.

It speaks raw ASGI because some faults are about connections, which no response object can express.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demo_api.faults import Fault, FaultPlan

_HTML = b"<html><head><title>502 Bad Gateway</title></head><body>upstream is away</body></html>"
_PARTIAL = "Something went wrong while executing your query."
_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}


@dataclass(frozen=True)
class RecordedRequest:
    """One request as it arrived; header names are lower case, ``query`` is decoded text."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: str
    fault: str | None


class Wire:
    """Wraps the application. The world's lock is held while an answer is computed."""

    def __init__(self, app: ASGIApp, faults: FaultPlan, lock: threading.RLock) -> None:
        self._app = app
        self._lock = lock
        self.faults = faults
        self.requests: list[RecordedRequest] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = await _read(receive)
        query = unquote(scope["query_string"].decode("latin-1"))
        text = body.decode("utf-8", "replace")
        fault = self.faults.strike(scope["method"], scope["path"], query, text)
        self.requests.append(
            RecordedRequest(
                method=scope["method"],
                path=scope["path"],
                query=query,
                headers={k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]},
                body=text,
                fault=fault.kind if fault else None,
            )
        )
        if fault is not None and fault.kind == "disconnect":
            _transport(send).abort()
            return
        start, content = await self._answer(scope, body, fault)
        if fault is not None and fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
        await _deliver(send, start, content, fault)

    async def _answer(
        self, scope: Scope, body: bytes, fault: Fault | None
    ) -> tuple[Message, bytes]:
        if fault is not None and fault.kind in ("status", "html", "graphql_error"):
            return _invented(scope["path"], fault)
        if fault is not None and fault.ignored:
            scope = _without(scope, fault.ignored)
        start, content = await self._true_answer(scope, body)
        if fault is None or fault.kind not in ("edit", "graphql_partial"):
            return start, content
        document = json.loads(content)
        if fault.edit is not None:
            document = fault.edit(document)
            if isinstance(document, bytes):
                return start, document
        if fault.kind == "graphql_partial":
            path = _null_last_node(document.get("data"))
            document["errors"] = [{"message": _PARTIAL, **({"path": path} if path else {})}]
        return start, json.dumps(document, ensure_ascii=False).encode()

    async def _true_answer(self, scope: Scope, body: bytes) -> tuple[Message, bytes]:
        start: Message = {}
        chunks: list[bytes] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            elif message["type"] == "http.response.body":
                chunks.append(message.get("body", b""))

        # Handlers never wait for anything but the body, which is here: the lock is held briefly.
        with self._lock:
            await self._app(scope, receive, collect)
        return start, b"".join(chunks)


def _without(scope: Scope, parameters: Collection[str]) -> Scope:
    """Return the scope of a request without some of its query parameters."""
    asked = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    kept = [(name, value) for name, value in asked if name not in parameters]
    return {**scope, "query_string": urlencode(kept).encode("latin-1")}


async def _read(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)


async def _deliver(send: Send, start: Message, content: bytes, fault: Fault | None) -> None:
    kind = fault.kind if fault else None
    half = content[: len(content) // 2]
    if kind == "truncate":
        content = half
    headers = [(k, v) for k, v in start.get("headers", []) if k != b"content-length"]
    headers.append((b"content-length", str(len(content)).encode()))
    await send({"type": "http.response.start", "status": start["status"], "headers": headers})
    if kind == "drop_mid_body":
        await send({"type": "http.response.body", "body": half, "more_body": True})
        _transport(send).close()
        return
    await send({"type": "http.response.body", "body": content, "more_body": False})


def _transport(send: Send) -> Any:
    """Return uvicorn's transport behind ``send``: the only way to a socket from here."""
    return send.__self__.transport  # type: ignore[attr-defined]


def _invented(path: str, fault: Fault) -> tuple[Message, bytes]:
    status, kind = fault.status, b"application/json"
    if fault.kind == "html":
        kind, content = b"text/html", _HTML if fault.body is None else str(fault.body).encode()
    elif fault.kind == "graphql_error":
        status = 200
        content = json.dumps(fault.body or {"errors": [{"message": _PARTIAL}]}).encode()
    elif isinstance(fault.body, str):
        content = fault.body.encode()
    else:
        content = json.dumps(fault.body or _error_body(path, status)).encode()
    headers = [(k.lower().encode(), v.encode()) for k, v in fault.headers.items()]
    if not any(name == b"content-type" for name, _ in headers):
        headers.append((b"content-type", kind))
    if not path.startswith("/github"):
        headers.append((b"request-id", b"req_011DemoFault"))
    return {"type": "http.response.start", "status": status, "headers": headers}, content


def _error_body(path: str, status: int) -> dict[str, Any]:
    if path.startswith("/github"):
        return {"message": f"Injected status {status}", "status": str(status)}
    error = {
        "type": _TYPES.get(status, "api_error"),
        "message": f"Injected status {status}",
        "details": None,
    }
    return {"type": "error", "error": error, "request_id": "req_011DemoFault"}


def _null_last_node(document: Any, path: tuple[Any, ...] = ()) -> list[Any] | None:
    """Null the last entry of the first ``nodes`` list; return its path."""
    if isinstance(document, dict):
        for key, value in document.items():
            if key == "nodes" and isinstance(value, list) and value:
                value[-1] = None
                return [*path, key, len(value) - 1]
            found = _null_last_node(value, (*path, key))
            if found:
                return found
    return None
