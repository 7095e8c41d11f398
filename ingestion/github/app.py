"""Sign requests as a GitHub App's installation: its token lasts an hour and is renewed in time.

A JSON web token, signed with the app's private key, is exchanged for the installation's token at
`POST /app/installations/{id}/access_tokens` (REST reference, "Create an installation access token
for an app", read 2026-11). The token is of any form and length.

| Answer to the exchange | Effect |
| --- | --- |
| 201 | the token is used until shortly before `expires_at`, and renewed once after a 401 |
| 401 | `CredentialRejected`: the key is not one of this app's, or the clock is wrong |
| 403 | `PermissionDenied`: the installation is suspended |
| 404 | `NotFound`: no such app, or the installation is another app's |
| limits, 5xx, torn answers | tried again with the request that needed the token |
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Callable
from typing import Annotated

import httpx
import jwt
import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import SecretStr

from ingestion.errors import (
    ConfigurationError,
    CredentialRejected,
    NotFound,
    PermissionDenied,
    RateLimited,
    Request,
    RequestError,
    Unavailable,
    UnexpectedAnswer,
)
from ingestion.github.shapes import instant
from ingestion.http import ErrorContext, TryAgain
from ingestion.refusals import describe_error, is_rate_limit, server_wait, text_of
from ingestion.secrets import identifier, remember

# GitHub takes ten minutes at most, counted by its own clock; a minute back for clocks that differ.
SIGNED_FOR_SECONDS = 540
SIGNED_BACK_SECONDS = 60
# Renewed so long before the end: no request is under way that long.
RENEWED_BEFORE_SECONDS = 300.0

_REFUSALS: dict[int, tuple[type[RequestError], str]] = {
    401: (
        CredentialRejected,
        "GitHub does not take the app's signature: GITHUB_APP_PRIVATE_KEY must be a key of the"
        " app GITHUB_APP_ID, and this machine's clock right",
    ),
    403: (PermissionDenied, "the app's installation is suspended or may not be used"),
    404: (
        NotFound,
        "no such app or installation: GITHUB_APP_ID is the app's number and"
        " GITHUB_APP_INSTALLATION_ID the one at the end of the installation's address",
    ),
}


class _Token(msgspec.Struct):
    # As a header can hold it.
    token: Annotated[str, msgspec.Meta(pattern=r"^[!-~]+$")]
    expires_at: str


class AppInstallation(httpx.Auth):
    """An app's installation, as httpx signs requests: one token for all clients that share it."""

    def __init__(
        self,
        *,
        api_url: str,
        app_id: str,
        installation_id: str,
        private_key: SecretStr,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._url = f"{api_url}/app/installations/{installation_id}/access_tokens"
        self._request = Request("access_tokens", f"installation {installation_id}")
        self._app_id = app_id
        self._key = _rsa_key(private_key)
        self._now = now
        self._token: str | None = None
        self._renew_at = 0.0
        self._lock = asyncio.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.request_count = 0

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Send the request with a token that holds; once more with a new one after a 401."""
        rejected: str | None = None
        for _ in range(2):
            # One renewal for all that wait: who comes second finds the token renewed.
            async with self._alone():
                if self._token in (None, rejected) or self._now() >= self._renew_at:
                    response = yield self._exchange(request)
                    await response.aread()
                    self._take(response)
                token = self._token
            request.headers["Authorization"] = f"Bearer {token}"
            response = yield request
            if response.status_code != 401:
                return
            rejected = token

    def _alone(self) -> asyncio.Lock:
        # A lock belongs to one event loop; a load has two, one after the other.
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._lock, self._loop = asyncio.Lock(), loop
        return self._lock

    def _exchange(self, request: httpx.Request) -> httpx.Request:
        self.request_count += 1
        now = int(self._now())
        claims = {
            "iat": now - SIGNED_BACK_SECONDS,
            "exp": now + SIGNED_FOR_SECONDS,
            "iss": self._app_id,
        }
        kept = ("User-Agent", "Accept", "X-GitHub-Api-Version")
        headers = {name: request.headers[name] for name in kept if name in request.headers}
        signed = jwt.encode(claims, self._key, algorithm="RS256")
        remember(signed)
        return httpx.Request(
            "POST",
            self._url,
            headers={**headers, "Authorization": f"Bearer {signed}"},
            # The time-outs are among them.
            extensions=request.extensions,
        )

    def _take(self, response: httpx.Response) -> None:
        context: ErrorContext = {
            "status": response.status_code,
            "request_id": identifier(response.headers.get("x-github-request-id")),
        }
        if not response.is_success:
            raise self._refusal(response, context)
        try:
            fresh = msgspec.json.decode(response.content, type=_Token)
            ends_at = instant(fresh.expires_at).timestamp()
            if not re.fullmatch(r"[!-~]+", fresh.token):
                raise ValueError("no header can hold it")
        except (msgspec.DecodeError, RecursionError, ValueError, OverflowError) as error:
            problem = "the answer holds no token, or not when it ends"
            raise TryAgain(UnexpectedAnswer(self._request, problem, **context)) from error
        remember(fresh.token)
        now = self._now()
        # Not more than a tenth of its life, so that a short one is of use at all.
        early = min(RENEWED_BEFORE_SECONDS, max(ends_at - now, 0.0) / 10)
        self._token, self._renew_at = fresh.token, ends_at - early

    def _refusal(self, response: httpx.Response, context: ErrorContext) -> RequestError | TryAgain:
        problem = describe_error(response)
        if is_rate_limit(response):
            wait = server_wait(response.headers, text_of(response), now=self._now())
            return TryAgain(RateLimited(self._request, problem, **context), server_wait=wait)
        if response.status_code == 408 or response.status_code >= 500:
            return TryAgain(Unavailable(self._request, problem, **context))
        kind, hint = _REFUSALS.get(
            response.status_code, (RequestError, "GitHub gives the app no token")
        )
        return kind(self._request, f"{hint} ({problem})", **context)


def _rsa_key(private_key: SecretStr) -> RSAPrivateKey:
    """Return the key of PEM text, whose line ends may be written as a backslash and an n.

    Raises:
        ConfigurationError: it is no RSA key. The key is not shown.
    """
    text = private_key.get_secret_value().replace("\\n", "\n").strip()
    try:
        key = load_pem_private_key(text.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, RSAPrivateKey):
        raise ConfigurationError(
            "GITHUB_APP_PRIVATE_KEY is not an RSA private key in PEM form: export the whole file"
            " that GitHub gave, from -----BEGIN to -----END, with its line ends."
        )
    return key
