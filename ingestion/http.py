"""One HTTP client for both APIs: retries, waits, and credentials that go to one host alone.

| Answer | Effect |
| --- | --- |
| 2xx with JSON of the asked shape | returned, decoded |
| 2xx torn JSON or HTML, dropped connection, 408, 429, 5xx | tried again, after a wait |
| none, as there is no connection | tried again; `Unreachable`, soon where there never was one |
| longer, or longer on its way, than any may be | `UnexpectedAnswer` or `Unavailable`, at once |
| 429 that names a spend limit in its details | `SpendCapReached`, at once |
| 2xx that is JSON of another shape, or nested without end | `UnexpectedAnswer` |
| 304 to a request with an ETag | `NotModified` |
| other 3xx | `UnexpectedAnswer`: a redirect is never followed, so no key leaves for another host |
| 400 or 410 to a request that carried a cursor | `CursorRefused` |
| 401, 402 | `CredentialRejected`, `BillingRefused`, at once |
| 403, 404 | `PermissionDenied`, `NotFound`, at once |
| `x-should-retry: true` or `false` beside any other error | tried again, or not |

An answer that repeats the credential it was asked with is taken over with `<secret>` in its place.
"""

from __future__ import annotations

import asyncio
import logging
import random
import ssl
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

from ingestion import secrets
from ingestion.bounds import (
    ACCEPTED_ENCODING,
    LONGEST_HEAD_BYTES,
    LONGEST_REQUEST_SECONDS,
    OutOfBounds,
    bound,
    has_endless_head,
)
from ingestion.errors import (
    BillingRefused,
    ConfigurationError,
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
    Unreachable,
)
from ingestion.network import NO_CONNECTION, address, proxy_for, why_unreachable
from ingestion.refusals import (
    describe_error,
    error_code,
    is_rate_limit,
    retry_after,
    server_wait,
    text_of,
)

log = logging.getLogger(__name__)

Shape = TypeVar("Shape")


def _user_agent() -> str:
    """Return `Name/Version (URL)`, as integrations are asked to say; without what is not known."""
    about = metadata("claude-usage")
    urls = [one.partition(", ")[2] for one in about.get_all("Project-URL") or []]
    return f"claude-usage/{about['Version']}" + (f" ({urls[0]})" if urls else "")


USER_AGENT = _user_agent()
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


class ErrorContext(TypedDict):
    """Where an answer came from and what kind it is, for errors."""

    status: int | None
    request_id: str | None
    error_code: NotRequired[str | None]


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how long to wait. Waits are seconds.

    A server's own wait is obeyed up to ``longest_server_wait``: GitHub's primary limit resets
    within the hour; a limit that asks for more is not tried again. Without one, waits double from
    ``first_wait``, with jitter, up to ``longest_limit_wait`` after a limit and ``longest_wait``
    after anything else: twelve tries take a quarter of an hour, or a good minute. Limits that name
    no wait and last for minutes were seen on Anthropic's reports. No request is tried for longer
    than ``longest_in_all``, in which the primary limit resets twice; of a host that was never
    reached, it is found out by few tries.
    """

    attempts: int = 12
    first_wait: float = 0.5
    longest_wait: float = 10.0
    longest_limit_wait: float = 300.0
    longest_server_wait: float = 3_700.0
    longest_in_all: float = 7_500.0
    attempts_to_reach: int = 3
    longest_to_reach: float = 15.0


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


# So long no connection is tried again where none could be made: what is asked meanwhile fails.
REST_SECONDS = 60.0


@dataclass
class Host:
    """Whether a host can be reached, as all find out together who ask there."""

    was_reached: bool = False
    _refused: Unreachable | None = None
    _refused_at: float = 0.0

    def reach(self) -> None:
        self.was_reached, self._refused = True, None

    def refuse(self, error: Unreachable) -> None:
        self._refused, self._refused_at = error, time.monotonic()

    def check(self) -> None:
        """Raise `Unreachable` where that was found out a moment ago."""
        if self._refused is not None and time.monotonic() - self._refused_at < REST_SECONDS:
            raise self._refused


@dataclass
class ApiClient:
    """An async client of one API host.

    Open it with ``async with``; it may be entered by several users at once and closes after the
    last. At most ``concurrency`` requests are under way together, and at most ``a_minute`` are
    sent within any minute where that is set. ``setting`` is the variable that holds the base URL.
    """

    base_url: str
    headers: Mapping[str, str]
    request_id_header: str
    concurrency: int
    setting: str = "the base URL"
    host: Host = field(default_factory=Host)
    a_minute: int | None = None
    # Signs each request, where a header that stays the same does not do.
    auth: httpx.Auth | None = None
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    timeout: httpx.Timeout = field(default_factory=lambda: httpx.Timeout(60.0, connect=10.0))
    now: Callable[[], float] = time.time
    request_count: int = 0
    _users: int = 0
    _client: httpx.AsyncClient | None = None
    _slots: asyncio.Semaphore | None = None
    _pace: AsyncLimiter | None = None
    _loop: asyncio.AbstractEventLoop | None = None

    async def __aenter__(self) -> ApiClient:
        if self._users == 0:
            self._client = self._open()
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

    def _open(self) -> httpx.AsyncClient:
        try:
            return httpx.AsyncClient(
                headers={
                    "User-Agent": USER_AGENT,
                    "Accept-Encoding": ACCEPTED_ENCODING,
                    **self.headers,
                },
                auth=self.auth,
                timeout=self.timeout,
                follow_redirects=False,
                event_hooks={"response": [self._take]},
            )
        except (ValueError, ImportError, OSError) as error:
            # All else is checked; what is left comes from the environment.
            raise ConfigurationError(
                "a proxy (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY) or the certificates (SSL_CERT_FILE,"
                f" SSL_CERT_DIR) of the environment cannot be used: {secrets.mask(str(error))}"
            ) from error

    async def _take(self, response: httpx.Response) -> None:
        self.host.reach()
        await bound(response)

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
        tries: int | None = None,
    ) -> Answer[Shape]:
        """POST JSON to the base URL, decode the answer as ``shape`` and have it checked.

        ``check`` raises `TryAgain` or a `RequestError` for errors that hide under status 200.
        With ``tries`` the caller can ask for less: after so many that are no limit, and at once
        after a status in ``at_once`` or a time-out, the error is `TooHeavy`.
        """

        async def send(client: httpx.AsyncClient) -> httpx.Response:
            try:
                response = await client.post(self.base_url, json=payload)
            except httpx.ReadTimeout as error:
                if tries is None:
                    raise
                raise TooHeavy(request, f"no answer in time from {self.base_url}") from error
            if response.status_code in at_once:
                context = self._context_of(response)
                raise TooHeavy(request, describe_error(response), **context)
            return response

        return await self._with_retries(request, send, shape, False, check, tries)

    async def _with_retries(
        self,
        request: Request,
        send: Callable[[httpx.AsyncClient], Awaitable[httpx.Response]],
        shape: type[Shape],
        has_cursor: bool,
        check: Callable[[Answer[Shape]], None] | None = None,
        tries: int | None = None,
    ) -> Answer[Shape]:
        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type(TryAgain),
            stop=lambda state: self._is_enough(state, tries),
            wait=self._wait,
            before_sleep=self._log_wait,
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
            error = last.error
            if isinstance(error, Unreachable):
                self.host.refuse(error)
            elif tries is not None and not isinstance(error, RateLimited | TooHeavy):
                context: ErrorContext = {"status": error.status, "request_id": error.request_id}
                raise TooHeavy(request, error.problem, **context) from error
            raise error from last.__cause__
        raise AssertionError("tenacity ended without a result")  # pragma: no cover

    def _is_enough(self, state: tenacity.RetryCallState, tries: int | None) -> bool:
        """Say whether to give up: after ``tries``, where fewer are asked for than there may be.

        A limit passes by waiting, whatever is asked for.
        """
        error, seconds = _error(state), state.seconds_since_start or 0.0
        attempts = self.retry.attempts
        if tries is not None and not isinstance(error, RateLimited):
            attempts = min(tries, attempts)
        is_enough = state.attempt_number >= attempts or seconds >= self.retry.longest_in_all
        if self.host.was_reached or not isinstance(error, Unreachable):
            return is_enough
        return (
            is_enough
            or state.attempt_number >= self.retry.attempts_to_reach
            or seconds >= self.retry.longest_to_reach
        )

    def _wait(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        is_limit = isinstance(_error(state), RateLimited)
        if isinstance(error, TryAgain) and error.server_wait is not None:
            server_wait = min(error.server_wait, self.retry.longest_server_wait)
            # Only a limit is known to end when it says.
            return server_wait if is_limit else min(server_wait, self.retry.longest_limit_wait)
        first = self.retry.first_wait
        longest = self.retry.longest_limit_wait if is_limit else self.retry.longest_wait
        doubling = tenacity.wait_exponential(multiplier=first, max=longest)
        return doubling(state) + random.uniform(0, first)

    def _log_wait(self, state: tenacity.RetryCallState) -> None:
        wait = state.next_action.sleep if state.next_action else 0.0
        error = _error(state)
        level = logging.WARNING if wait > 30 else logging.INFO
        if isinstance(error, Unreachable) and not self.host.was_reached:
            # By all endpoints at once, in the same words; it is reported at the end, and soon.
            level = logging.DEBUG
        # Without the advice, which is about the last try.
        summary = error.summary if error else "no error"
        log.log(level, "try %d failed, waiting %.1f s: %s", state.attempt_number, wait, summary)

    async def _once(
        self,
        request: Request,
        send: Callable[[httpx.AsyncClient], Awaitable[httpx.Response]],
        shape: type[Shape],
        has_cursor: bool,
    ) -> Answer[Shape]:
        if self._client is None or self._slots is None:
            raise RuntimeError("open the client with `async with` first")
        async with self._slots:
            self.host.check()
            if self._pace is not None:
                await self._pace.acquire()
            self.request_count += 1
            # Before sending: what happens while the answer travels may be missing from it.
            asked_at = datetime.fromtimestamp(self.now(), UTC)
            response = await self._sent(request, send(self._client))
        if not response.is_success:
            raise self._refusal(request, response, has_cursor)
        return self._decode(request, response, shape, asked_at)

    async def _sent(self, request: Request, sending: Awaitable[httpx.Response]) -> httpx.Response:
        """Return the answer with all of its body; whatever keeps it away is this request's error.

        Messages of the HTTP library can hold headers, the key among them: they are not repeated.
        """
        name = f"from {self.base_url}"
        try:
            async with asyncio.timeout(LONGEST_REQUEST_SECONDS):
                return await sending
        except OutOfBounds as error:
            context = self._source(error.response)
            raise UnexpectedAnswer(request, str(error), **context) from error
        except TimeoutError as error:
            problem = f"no whole answer within {LONGEST_REQUEST_SECONDS:.0f} s {name}"
            raise Unavailable(request, problem) from error
        # A name that cannot be one is found out as it is looked up.
        except (*NO_CONNECTION, UnicodeError) as error:
            raise TryAgain(self._unreachable(request, error)) from error
        except (httpx.InvalidURL, httpx.LocalProtocolError) as error:
            problem = f"it could not be asked for ({type(error).__name__}) {name}"
            raise RequestError(request, problem) from error
        except (httpx.RequestError, ssl.SSLError) as error:
            if has_endless_head(error):
                problem = f"the answer's headers are longer than {LONGEST_HEAD_BYTES:,} bytes"
                raise UnexpectedAnswer(request, problem) from error
            problem = f"no whole answer ({type(error).__name__}) {name}"
            raise TryAgain(Unavailable(request, problem)) from error

    def _unreachable(self, request: Request, error: Exception) -> Unreachable:
        # An app's token comes from another address than what is asked with it.
        asked = error.request.url if isinstance(error, httpx.RequestError) else self.base_url
        proxy = proxy_for(str(asked))
        way = f" through the proxy {address(proxy)}" if proxy else ""
        problem = f"{address(str(asked))} ({self.setting}) cannot be reached{way}"
        return Unreachable(request, f"{problem}: {why_unreachable(error)}")

    def _source(self, response: httpx.Response) -> ErrorContext:
        name = response.headers.get(self.request_id_header)
        return {"status": response.status_code, "request_id": secrets.identifier(name)}

    def _context_of(self, response: httpx.Response) -> ErrorContext:
        code = None if response.is_success else error_code(response)
        return {**self._source(response), "error_code": code}

    def _decode(
        self, request: Request, response: httpx.Response, shape: type[Shape], asked_at: datetime
    ) -> Answer[Shape]:
        context = self._context_of(response)
        body = self._withheld(request, response)
        try:
            # Parts that stay raw are not decoded, and are stored as text later.
            if not body.isascii():
                body.decode()
            value = msgspec.json.decode(body, type=shape)
        except msgspec.ValidationError as error:
            problem = f"the answer is not of the documented shape: {error}"
            raise UnexpectedAnswer(request, problem, **context) from error
        except RecursionError as error:
            problem = "the answer is nested deeper than any of the documented shape"
            raise UnexpectedAnswer(request, problem, **context) from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            kind = response.headers.get("content-type", "no content type")
            problem = f"the answer is not whole JSON ({kind}, {len(body)} bytes)"
            raise TryAgain(UnexpectedAnswer(request, problem, **context)) from error
        return Answer(value, body, response.headers, context["request_id"], asked_at)

    def _withheld(self, request: Request, response: httpx.Response) -> bytes:
        sent = response.request.headers
        credentials = sent.get("x-api-key", ""), sent.get("authorization", "").rpartition(" ")[2]
        body = secrets.withhold(response.content, credentials)
        if body is not response.content:
            log.warning("%s: the answer repeats the key, which is left out of it", request)
        return body

    def _refusal(
        self, request: Request, response: httpx.Response, has_cursor: bool
    ) -> RequestError | TryAgain:
        refusal = self._kind(request, response, has_cursor)
        server_says = response.headers.get("x-should-retry")
        if server_says == "false" and isinstance(refusal, TryAgain):
            return refusal.error
        if isinstance(refusal, TryAgain | CursorRefused) or server_says != "true":
            return refusal
        return TryAgain(refusal)

    def _kind(
        self, request: Request, response: httpx.Response, has_cursor: bool
    ) -> RequestError | TryAgain:
        status, problem, context = (
            response.status_code,
            describe_error(response),
            self._context_of(response),
        )
        if status in (400, 410) and has_cursor:
            return CursorRefused(request, problem, **context)
        if is_rate_limit(response):
            return self._rate_limit(request, response, problem)
        if status == 408 or status >= 500:
            wait = retry_after(response.headers.get("retry-after"), self.now())
            return TryAgain(Unavailable(request, problem, **context), server_wait=wait)
        if status == 304:
            return NotModified(request, "unchanged since it was last read", **context)
        if response.is_redirect:
            problem = "a redirect, which is not followed so that the key stays with its host"
            return UnexpectedAnswer(request, problem, **context)
        return REFUSALS.get(status, RequestError)(request, problem, **context)

    def _rate_limit(
        self, request: Request, response: httpx.Response, problem: str
    ) -> RequestError | TryAgain:
        context = self._context_of(response)
        if context.get("error_code") in SPEND_CAPS:
            return SpendCapReached(request, problem, **context)
        wait = server_wait(response.headers, text_of(response), now=self.now())
        if wait is not None and wait > self.retry.longest_server_wait:
            return RateLimited(request, f"asks to wait {wait:.0f} s: {problem}", **context)
        return TryAgain(RateLimited(request, problem, **context), server_wait=wait)


def _error(state: tenacity.RetryCallState) -> RequestError | None:
    """Return why the last try failed."""
    error = state.outcome.exception() if state.outcome else None
    return error.error if isinstance(error, TryAgain) else None
