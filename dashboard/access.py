"""Who may open the pages, and what an answer tells the browser it may do."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import parse_qsl, urlencode

from pydantic import SecretStr
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.settings import DashboardSettings, Network
from dashboard.viewers import User

COOKIE = "claude_usage_token"
# Nothing from another host, no script or style that stands in a page, no frame.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class Headers:
    """Adds what every answer says."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] += [
                    (b"content-security-policy", POLICY.encode()),
                    (b"x-content-type-options", b"nosniff"),
                    (b"referrer-policy", b"no-referrer"),
                ]
            await send(message)

        await self._app(scope, receive, send_with if scope["type"] == "http" else send)


def control(settings: DashboardSettings) -> Middleware:
    """Return what lets in who may come: by token, by the proxy's word, or from this machine."""
    if settings.dashboard_token is not None:
        return Middleware(ByToken, token=settings.dashboard_token)
    if settings.dashboard_trusted_proxy:
        return Middleware(
            ByProxy,
            proxies=settings.dashboard_trusted_proxy,
            user_header=settings.dashboard_user_header,
            groups_header=settings.dashboard_groups_header,
        )
    # A page of another site could give its own name this machine's address, and read the answer.
    hosts = ["127.0.0.1", "[::1]", "localhost", settings.dashboard_host]
    return Middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False)


class ByToken:
    """Lets in who knows the token: once in the address, then in a cookie, or in a header."""

    def __init__(self, app: ASGIApp, token: SecretStr) -> None:
        self._app, self._token = app, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] == "/healthz":
            await self._app(scope, receive, send)
            return
        await self._respond(Request(scope), self._token.get_secret_value())(scope, receive, send)

    def _respond(self, request: Request, token: str) -> ASGIApp:
        given = request.query_params.get("token")
        if given is not None and _is(given, token):
            # Out of the address, which is shown, sent and kept.
            rest = [(k, v) for k, v in parse_qsl(request.url.query) if k != "token"]
            answer: Response = RedirectResponse(f"{request.url.path}?{urlencode(rest)}", 303)
            is_secret = request.url.scheme == "https"
            answer.set_cookie(COOKIE, token, httponly=True, samesite="strict", secure=is_secret)
            return answer
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        if _is(request.cookies.get(COOKIE, ""), token) or _is(bearer, token):
            return self._app
        return PlainTextResponse("This needs the token: open /?token=… once.", 401)


class ByProxy:
    """Lets in whom a trusted proxy names; `scope["state"]["user"]` is who that is."""

    def __init__(
        self, app: ASGIApp, proxies: Sequence[Network], user_header: str, groups_header: str
    ) -> None:
        self._app, self._proxies = app, proxies
        self._user_header, self._groups_header = user_header, groups_header

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] == "/healthz":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        refusal = self._refusal(request)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        groups = ",".join(request.headers.getlist(self._groups_header)).split(",")
        request.state.user = User(
            request.headers[self._user_header].strip(),
            frozenset(one.strip() for one in groups if one.strip()),
        )
        await self._app(scope, receive, send)

    def _refusal(self, request: Request) -> Response | None:
        peer = request.client.host if request.client else ""
        if not any(_is_address(peer) and ip_address(peer) in one for one in self._proxies):
            return PlainTextResponse("This is answered through its proxy only.", 403)
        # One that the proxy added to one of the browser's own is nobody's word.
        names = request.headers.getlist(self._user_header)
        if len(names) == 1 and names[0].strip():
            return None
        problem = "does not say" if not names else "does not say clearly"
        return PlainTextResponse(f"The proxy {problem} who you are ({self._user_header}).", 401)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode(), token.encode())
