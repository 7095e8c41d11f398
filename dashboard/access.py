"""Who may open the pages, and what an answer tells the browser it may do."""

from __future__ import annotations

import hmac
from urllib.parse import parse_qsl, urlencode

from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

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


class Access:
    """Lets in who knows the token: once in the address, then in a cookie, or in a header."""

    def __init__(self, app: ASGIApp, token: SecretStr | None) -> None:
        self._app, self._token = app, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._token is None or scope["path"] == "/healthz":
            await self._app(scope, receive, send)
            return
        await self._respond(Request(scope), self._token.get_secret_value())(scope, receive, send)

    def _respond(self, request: Request, token: str) -> ASGIApp:
        given = request.query_params.get("token")
        if given is not None and _is(given, token):
            # Out of the address, which is shown, sent and kept.
            rest = [(k, v) for k, v in parse_qsl(request.url.query) if k != "token"]
            answer: Response = RedirectResponse(f"{request.url.path}?{urlencode(rest)}", 303)
            answer.set_cookie(COOKIE, token, httponly=True, samesite="strict")
            return answer
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        if _is(request.cookies.get(COOKIE, ""), token) or _is(bearer, token):
            return self._app
        return PlainTextResponse("This needs the token: open /?token=… once.", 401)


def _is(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode(), token.encode())
