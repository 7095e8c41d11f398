"""One HTTP client for both APIs: retries, waits, and credentials that go to one host alone.

| Answer | Effect |
| --- | --- |
| 2xx with JSON of the asked shape | returned, decoded |
| 2xx torn JSON or HTML, dropped connection, 408, 429, 5xx | tried again, after a wait |
| 429 that names a spend limit in its details | `SpendCapReached`, at once |
| 2xx that is JSON of another shape | `UnexpectedAnswer` |
| 304 to a request with an ETag | `NotModified` |
| other 3xx | `UnexpectedAnswer`: a redirect is never followed, so no key leaves for another host |
| 400 or 410 to a request that carried a cursor | `CursorRefused` |
| 401, 402 | `CredentialRejected`, `BillingRefused`, at once |
| 403, 404 | `PermissionDenied`, `NotFound`, at once |
| `x-should-retry: true` or `false` beside any other error | tried again, or not |
"""

from __future__ import annotations

import asyncio
import email.utils
import logging
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import metadata
from types import TracebackType
from typing import Any, Generic, NotRequired, TypedDict, TypeVar
from urllib.parse import urlencode

import httpx
import msgspec
import tenacity
from aiolimiter import AsyncLimiter

from ingestion.errors import (
    BillingRefused,
    CredentialRejected,
    CursorRefused,
    NotFound,
    NotModified,
    PermissionDenied,
    RateLimited,
    Request,
    RequestError,
    SpendCapReached,
    TooHeavy,
    Unavailable,
    UnexpectedAnswer,
)

log = logging.getLogger(__name__)

Shape = TypeVar("Shape")


def _user_agent() -> str:
    """Return `Name/Version (URL)`, as integrations are asked to say; without what is not known."""
    about = metadata("claude-usage")
    urls = [one.partition(", ")[2] for one in about.get_all("Project-URL") or []]
    return f"claude-usage/{about['Version']}" + (f" ({urls[0]})" if urls else "")


USER_AGENT = _user_agent()
ANTHROPIC_RESETS = ("anthropic-ratelimit-requests-reset", "anthropic-ratelimit-tokens-reset")
REFUSALS: dict[int, type[RequestError]] = {
    401: CredentialRejected,
    402: BillingRefused,
    403: PermissionDenied,
    404: NotFound,
}


# Anthropic's names for limits on money: the organisation's, its contract's, its parent's.
SPEND_CAPS = frozenset(
    {
        "enforced_spend_limit_reached",
        "contract_spend_limit_reached",
        "linked_organization_spend_limit_reached",
    }
)


class Told(TypedDict):
    """Where an answer came from and what kind it is, for errors."""

    status: int
    request_id: str | None
    error_code: NotRequired[str | None]


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how long to wait. Waits are seconds.

    A server's own wait is obeyed up to ``longest_server_wait``: GitHub's primary limit resets
    within the hour; a limit that asks for more is not tried again. Without one, waits double from
    ``first_wait``, with jitter, up to ``longest_limit_wait`` after a limit and ``longest_wait``
    after anything else: twelve tries take a quarter of an hour, or a good minute. Limits that name
    no wait and last for minutes were seen on Anthropic's reports.
    """

    attempts: int = 12
    first_wait: float = 0.5
    longest_wait: float = 10.0
    longest_limit_wait: float = 300.0
    longest_server_wait: float = 3_700.0


@dataclass(frozen=True)
class Answer(Generic[Shape]):
    """A decoded answer beside its bytes as received; ``fetched_at`` is when it was asked for."""

    value: Shape
    body: bytes
    headers: httpx.Headers
    request_id: str | None
    fetched_at: datetime


class TryAgain(Exception):
    """This try failed, another may not: raised by the client and by checks of answers."""

    def __init__(self, error: RequestError, *, server_wait: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.server_wait = server_wait


@dataclass
class ApiClient:
    """An async client of one API host.

    Open it with ``async with``; it may be entered by several users at once and closes after the
    last. At most ``concurrency`` requests are under way together, and at most ``a_minute`` are
    sent within any minute where that is set.
    """

    base_url: str
    headers: Mapping[str, str]
    request_id_header: str
    concurrency: int
    a_minute: int | None = None
    # Signs each request, where a header that stays the same does not do.
    auth: httpx.Auth | None = None
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    timeout: httpx.Timeout = field(default_factory=lambda: httpx.Timeout(60.0, connect=15.0))
    now: Callable[[], float] = time.time
    request_count: int = 0
    _users: int = 0
    _client: httpx.AsyncClient | None = None
    _slots: asyncio.Semaphore | None = None
    _pace: AsyncLimiter | None = None
    _loop: asyncio.AbstractEventLoop | None = None

    async def __aenter__(self) -> ApiClient:
        if self._users == 0:
            self._client = httpx.AsyncClient(
                headers={"User-Agent": USER_AGENT, **self.headers},
                auth=self.auth,
                timeout=self.timeout,
                follow_redirects=False,
            )
            self._slots = asyncio.Semaphore(self.concurrency)
            self._keep_pace()
        self._users += 1
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._users -= 1
        if self._users == 0 and self._client is not None:
            await self._client.aclose()
            self._client = None

    def _keep_pace(self) -> None:
        """Have a limiter that lasts as long as the event loop, however often the client closes."""
        loop = asyncio.get_running_loop()
        if self.a_minute is not None and loop is not self._loop:
            # A burst of a quarter and, on top of it, three quarters over a minute.
            self._pace = AsyncLimiter(self.a_minute / 4, 20.0)
        self._loop = loop

    async def get(
        self,
        request: Request,
        path: str,
        params: Sequence[tuple[str, str]],
        shape: type[Shape],
        *,
        has_cursor: bool = False,
        etag: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer[Shape]:
        """GET ``path`` below the base URL and decode the answer as ``shape``.

        ``headers`` are sent beside the client's own.

        Raises: any `RequestError`, after the last try; `NotModified` where ``etag`` still holds.
        """

        url = self.base_url + path + (f"?{urlencode(params)}" if params else "")
        sent = {**(headers or {}), **({"If-None-Match": etag} if etag else {})}

        async def send(client: httpx.AsyncClient) -> httpx.Response:
            return await client.get(url, headers=sent)

        return await self._with_retries(request, send, shape, has_cursor)

    async def post(
        self,
        request: Request,
        payload: Mapping[str, Any],
        shape: type[Shape],
        *,
        check: Callable[[Answer[Shape]], None],
        at_once: frozenset[int] = frozenset(),
    ) -> Answer[Shape]:
        """POST JSON to the base URL, decode the answer as ``shape`` and have it checked.

        ``check`` raises `TryAgain` or a `RequestError` for errors that hide under status 200.
        Statuses in ``at_once`` are not tried again: the caller asks for less instead.
        """

        async def send(client: httpx.AsyncClient) -> httpx.Response:
            response = await client.post(self.base_url, json=payload)
            if response.status_code in at_once:
                told = self._told(response)
                raise TooHeavy(request, describe_error(response), **told)
            return response

        return await self._with_retries(request, send, shape, False, check)

    async def _with_retries(
        self,
        request: Request,
        send: Callable[[httpx.AsyncClient], Awaitable[httpx.Response]],
        shape: type[Shape],
        has_cursor: bool,
        check: Callable[[Answer[Shape]], None] | None = None,
    ) -> Answer[Shape]:
        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type(TryAgain),
            stop=tenacity.stop_after_attempt(self.retry.attempts),
            wait=self._wait,
            before_sleep=_log_wait,
            reraise=True,
        )
        try:
            async for attempt in retrying:
                with attempt:
                    answer = await self._once(request, send, shape, has_cursor)
                    if check is not None:
                        check(answer)
                    return answer
        except TryAgain as last:
            raise last.error from last.__cause__
        raise AssertionError("tenacity ended without a result")  # pragma: no cover

    def _wait(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, TryAgain) and error.server_wait is not None:
            return min(error.server_wait, self.retry.longest_server_wait)
        is_limit = isinstance(error, TryAgain) and isinstance(error.error, RateLimited)
        first = self.retry.first_wait
        longest = self.retry.longest_limit_wait if is_limit else self.retry.longest_wait
        doubling = tenacity.wait_exponential(multiplier=first, max=longest)
        return doubling(state) + random.uniform(0, first)

    async def _once(
        self,
        request: Request,
        send: Callable[[httpx.AsyncClient], Awaitable[httpx.Response]],
        shape: type[Shape],
        has_cursor: bool,
    ) -> Answer[Shape]:
        if self._client is None or self._slots is None:
            raise RuntimeError("open the client with `async with` first")
        try:
            async with self._slots:
                if self._pace is not None:
                    await self._pace.acquire()
                self.request_count += 1
                # Before sending: what happens while the answer travels may be missing from it.
                asked_at = datetime.fromtimestamp(self.now(), UTC)
                response = await send(self._client)
        except httpx.RequestError as error:
            problem = f"no whole answer ({type(error).__name__}) from {self.base_url}"
            raise TryAgain(Unavailable(request, problem)) from error
        if not response.is_success:
            raise self._refusal(request, response, has_cursor)
        return self._decode(request, response, shape, asked_at)

    def _told(self, response: httpx.Response) -> Told:
        return {
            "status": response.status_code,
            "request_id": response.headers.get(self.request_id_header),
            "error_code": None if response.is_success else error_code(response),
        }

    def _decode(
        self, request: Request, response: httpx.Response, shape: type[Shape], asked_at: datetime
    ) -> Answer[Shape]:
        told = self._told(response)
        try:
            # Parts that stay raw are not decoded, and are stored as text later.
            if not response.content.isascii():
                response.content.decode()
            value = msgspec.json.decode(response.content, type=shape)
        except msgspec.ValidationError as error:
            problem = f"the answer is not of the documented shape: {error}"
            raise UnexpectedAnswer(request, problem, **told) from error
        except RecursionError as error:
            raise UnexpectedAnswer(request, "the answer is nested too deeply", **told) from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            kind = response.headers.get("content-type", "no content type")
            problem = f"the answer is not whole JSON ({kind}, {len(response.content)} bytes)"
            raise TryAgain(UnexpectedAnswer(request, problem, **told)) from error
        return Answer(value, response.content, response.headers, told["request_id"], asked_at)

    def _refusal(
        self, request: Request, response: httpx.Response, has_cursor: bool
    ) -> RequestError | TryAgain:
        refusal = self._kind(request, response, has_cursor)
        told = response.headers.get("x-should-retry")
        if told == "false" and isinstance(refusal, TryAgain):
            return refusal.error
        if isinstance(refusal, TryAgain | CursorRefused) or told != "true":
            return refusal
        return TryAgain(refusal)

    def _kind(
        self, request: Request, response: httpx.Response, has_cursor: bool
    ) -> RequestError | TryAgain:
        status, problem, told = response.status_code, describe_error(response), self._told(response)
        if status in (400, 410) and has_cursor:
            return CursorRefused(request, problem, **told)
        if is_rate_limit(response):
            return self._rate_limit(request, response, problem)
        if status == 408 or status >= 500:
            wait = _retry_after(response.headers.get("retry-after"), self.now())
            return TryAgain(Unavailable(request, problem, **told), server_wait=wait)
        if status == 304:
            return NotModified(request, "unchanged since it was last read", **told)
        if response.is_redirect:
            problem = "a redirect, which is not followed so that the key stays with its host"
            return UnexpectedAnswer(request, problem, **told)
        return REFUSALS.get(status, RequestError)(request, problem, **told)

    def _rate_limit(
        self, request: Request, response: httpx.Response, problem: str
    ) -> RequestError | TryAgain:
        told = self._told(response)
        if told.get("error_code") in SPEND_CAPS:
            return SpendCapReached(request, problem, **told)
        wait = server_wait(response.headers, response.text, now=self.now())
        if wait is not None and wait > self.retry.longest_server_wait:
            return RateLimited(request, f"asks to wait {wait:.0f} s: {problem}", **told)
        return TryAgain(RateLimited(request, problem, **told), server_wait=wait)


def error_code(response: httpx.Response) -> str | None:
    """Return `error.details.error_code` of an error body in Anthropic's shape, or None."""
    try:
        details = msgspec.json.decode(response.content, type=_Error).error.details
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return details.error_code if details else None


class _Details(msgspec.Struct):
    error_code: str | None = None


class _ErrorWithDetails(msgspec.Struct):
    details: _Details | None = None


class _Error(msgspec.Struct):
    error: _ErrorWithDetails


def describe_error(response: httpx.Response) -> str:
    """Return type and message of an error body, or its content type when it is no JSON."""
    try:
        body = msgspec.json.decode(response.content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return f"an answer of {response.headers.get('content-type', 'no content type')}"
    if not isinstance(body, dict):
        return "an error without a message"
    error = body.get("error")
    if isinstance(error, dict):
        return f"{error.get('type', 'error')}: {error.get('message', '')}"
    return str(body.get("message") or error or "an error without a message")


def is_rate_limit(response: httpx.Response) -> bool:
    """Tell a limit from a plain 403: GitHub answers both with 403."""
    if response.status_code == 429:
        return True
    return response.status_code == 403 and (
        response.headers.get("x-ratelimit-remaining") == "0"
        or "retry-after" in response.headers
        or "secondary rate limit" in response.text
    )


def server_wait(headers: httpx.Headers, text: str, *, now: float) -> float | None:
    """Return the seconds the server asks for, or None where it asks for none.

    A reset in the past is no wait: it was seen on real 429 answers, and obeying it means
    hammering. GitHub asks for at least a minute after a secondary limit that names no time.
    """
    if wait := _retry_after(headers.get("retry-after"), now):
        return wait
    is_spent = headers.get("x-ratelimit-remaining", "0") == "0"
    if is_spent and (wait := _until(headers.get("x-ratelimit-reset"), now)):
        return wait
    for name in ANTHROPIC_RESETS:
        if wait := _until(headers.get(name), now):
            return wait
    return 60.0 if "secondary rate limit" in text else None


def _retry_after(value: str | None, now: float) -> float | None:
    if value is None:
        return None
    if value.replace(".", "", 1).isdigit():
        return float(value) or None
    try:
        return _positive(email.utils.parsedate_to_datetime(value).timestamp() - now)
    except ValueError:
        return None


def _until(value: str | None, now: float) -> float | None:
    if not value:
        return None
    try:
        at = float(value) if value.isdigit() else datetime.fromisoformat(value).timestamp()
    except ValueError:
        return None
    # One second more: resets are whole seconds, and clocks differ a little.
    return _positive(at - now + 1.0) if at > now else None


def _positive(seconds: float) -> float | None:
    return seconds if seconds > 0 else None


def _log_wait(state: tenacity.RetryCallState) -> None:
    wait = state.next_action.sleep if state.next_action else 0.0
    error = state.outcome.exception() if state.outcome else None
    level = logging.WARNING if wait > 30 else logging.INFO
    # Without the advice, which is about the last try.
    said = error.error.said if isinstance(error, TryAgain) else error
    log.log(level, "try %d failed, waiting %.1f s: %s", state.attempt_number, wait, said)
