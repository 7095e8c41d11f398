"""Faults to inject: what goes wrong, with which request, how often.

Kinds
    ``status``          ``status`` with ``body`` (or the API's own error shape) and ``headers``
    ``html``            the same with a proxy's HTML page
    ``truncate``        the true answer torn in the middle, its Content-Length right
    ``drop_mid_body``   the true answer, the connection closed in the middle of the body
    ``disconnect``      the connection closed before any byte of an answer
    ``delay``           the true answer after ``seconds``
    ``edit``            the true JSON answer after ``edit(document)``, or the bytes that it returns
    ``graphql_error``   HTTP 200 with ``errors`` alone; ``body`` may say which type
    ``graphql_partial`` HTTP 200 with the true data, its last list node nulled, and ``errors``
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

KINDS = (
    "status",
    "html",
    "truncate",
    "drop_mid_body",
    "disconnect",
    "delay",
    "edit",
    "graphql_error",
    "graphql_partial",
)


@dataclass
class Fault:
    """One fault. It lets ``after`` matching requests pass, then strikes ``times`` of them.

    ``times`` null strikes for ever. ``query_contains`` looks at the decoded query text and
    ``body_contains`` at the request body. ``body`` is text or JSON to answer with. ``ignored`` are
    query parameters that the true answer does not heed.
    """

    kind: str = "status"
    path_contains: str = ""
    method: str | None = None
    query_contains: str | None = None
    body_contains: str | None = None
    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    times: int | None = 1
    after: int = 0
    seconds: float = 0.0
    edit: Callable[[Any], Any] | None = None
    ignored: tuple[str, ...] = ()
    strikes: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind of fault {self.kind!r}; known: {', '.join(KINDS)}")

    def matches(self, method: str, path: str, query: str, body: str) -> bool:
        """Say whether the request is one of those this fault is for."""
        return (
            self.path_contains in path
            and self.method in (None, method)
            and (self.query_contains is None or self.query_contains in query)
            and (self.body_contains is None or self.body_contains in body)
        )


def spend_cap(**where: Any) -> Fault:
    """Return a 429 of a used-up spend limit: no ``retry-after``, and trying again is no use."""
    return _refusal(429, "rate_limit_error", "enforced_spend_limit_reached", **where)


def past_reset(**where: Any) -> Fault:
    """Return a 429 of the rate without ``retry-after``, its reset time already over."""
    fault = _refusal(429, "rate_limit_error", None, **where)
    fault.headers = {"anthropic-ratelimit-requests-reset": "2026-01-01T00:00:00Z"}
    return fault


def expired_cursor(**where: Any) -> Fault:
    """Return a 410 for a request that has a cursor: the figures were refreshed meanwhile."""
    return _refusal(410, "invalid_request_error", None, **{"query_contains": "page=", **where})


def _refusal(status: int, kind: str, code: str | None, **where: Any) -> Fault:
    error = {
        "type": kind,
        "message": f"Injected status {status}",
        "details": {"error_code": code} if code else None,
    }
    body = {"type": "error", "error": error, "request_id": "req_011DemoFault"}
    return Fault("status", status=status, body=body, **where)


class Storm:
    """Strikes a share of all requests with faults a client must survive by trying again.

    The same request is never struck more than ``in_a_row`` times running, so that a client with
    one try more than that always gets through. The seed fixes the order of faults. With
    ``cursors_expire`` pages behind the first of the analytics reports may answer 410 as well.
    """

    def __init__(
        self, seed: int, share: float, *, in_a_row: int = 2, cursors_expire: bool = False
    ) -> None:
        self._rng = random.Random(seed)
        self._cursors_expire = cursors_expire
        self._share = share
        self._in_a_row = in_a_row
        self._running: dict[tuple[str, ...], int] = {}

    def strike(self, method: str, path: str, query: str, body: str) -> Fault | None:
        """Return the fault for this request, or nothing."""
        request = (method, path, query, body)
        running = self._running.get(request, 0)
        if running >= self._in_a_row or self._rng.random() >= self._share:
            self._running[request] = 0
            return None
        self._running[request] = running + 1
        weather = _graphql_weather() if "graphql" in path else _rest_weather()
        if self._cursors_expire and "/analytics/" in path and "page=" in query:
            weather.append(expired_cursor())
        return self._rng.choice(weather)


def storm(seed: int, share: float, *, in_a_row: int = 2, cursors_expire: bool = False) -> Storm:
    """Return a storm for ``DemoServer(faults=storm(1, 0.3))``."""
    return Storm(seed, share, in_a_row=in_a_row, cursors_expire=cursors_expire)


def _rest_weather() -> list[Fault]:
    return [
        Fault("status", status=429, headers={"retry-after": "0"}),
        Fault("status", status=500),
        Fault("status", status=529),
        Fault("html", status=502),
        Fault("truncate"),
        Fault("drop_mid_body"),
        Fault("disconnect"),
    ]


def _graphql_weather() -> list[Fault]:
    timeout = (
        "Something went wrong while executing your query. This may be the result of a timeout."
    )
    return [
        Fault("html", status=502),
        Fault(
            "status", status=504, body={"message": "We couldn't respond to your request in time."}
        ),
        Fault("graphql_error", body={"errors": [{"message": timeout}]}),
        Fault("graphql_partial"),
        Fault("truncate"),
        Fault("drop_mid_body"),
        Fault("disconnect"),
    ]


class FaultPlan:
    """The faults in force, in order: the first that matches and is due strikes. Thread safe."""

    def __init__(self, faults: Iterable[Fault] | Storm = ()) -> None:
        self._lock = threading.Lock()
        self._storm = faults if isinstance(faults, Storm) else None
        self._faults: list[Fault] = [] if isinstance(faults, Storm) else list(faults)
        self.struck: list[tuple[str, str]] = []

    def add(self, *faults: Fault) -> None:
        """Put faults behind those already there."""
        with self._lock:
            self._faults.extend(faults)

    def set_storm(self, weather: Storm | None) -> None:
        """Begin a storm, or end it with null."""
        with self._lock:
            self._storm = weather

    def clear(self) -> None:
        """Forget all faults and the storm; ``struck`` stays."""
        with self._lock:
            self._faults.clear()
            self._storm = None

    @property
    def pending(self) -> list[Fault]:
        """Faults that have not struck as often as they should."""
        with self._lock:
            return [f for f in self._faults if f.times is None or f.strikes < f.times]

    def strike(self, method: str, path: str, query: str, body: str) -> Fault | None:
        """Return the fault for this request and count it."""
        with self._lock:
            fault = self._due(method, path, query, body)
            if fault is None and self._storm is not None:
                fault = self._storm.strike(method, path, query, body)
            if fault is not None:
                self.struck.append((fault.kind, path))
            return fault

    def _due(self, method: str, path: str, query: str, body: str) -> Fault | None:
        for fault in self._faults:
            is_spent = fault.times is not None and fault.strikes >= fault.times
            if is_spent or not fault.matches(method, path, query, body):
                continue
            if fault.after > 0:
                fault.after -= 1
                continue
            fault.strikes += 1
            return fault
        return None
