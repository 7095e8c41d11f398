"""The errors of ingestion.

    IngestionError
    ├── ConfigurationError      a setting is missing or wrong; nothing was asked
    └── RequestError            carries endpoint, window, status and request id
        ├── CredentialRejected  401: wrong, revoked or expired key
        ├── BillingRefused      402: the account must be put in order first
        ├── PermissionDenied    403: scope or role
        ├── NotFound            404
        ├── NotModified         304: what is stored is what there is
        ├── CursorRefused       400 or 410 on a page cursor: begin the window again
        ├── NotReady            400: the source does not have the day yet
        ├── RateLimited         429 after the last try
        │   └── SpendCapReached 429 that no waiting ends
        ├── Unavailable         5xx, 529, dropped connections after the last try
        │   └── TooHeavy        GitHub cut the query off for its weight: ask for less
        └── UnexpectedAnswer    not JSON, torn, or a documented field is missing

No message holds a key, a mail address or a body: what a server says is cut and masked first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# Installation tokens hold dots since 2026; app keys are PEM, and sign JSON web tokens.
_SECRET = re.compile(
    r"sk-ant-[\w-]+|gh[a-z]_[\w.-]+|github_pat_\w+|Bearer\s+\S+|eyJ[\w.-]{10,}"
    r"|-----BEGIN [\w ]+-----.*?(?:-----END [\w ]+-----|$)",
    re.IGNORECASE,
)
_MAIL = re.compile(r"[^\s<>\"'@]+@[^\s<>\"'@]+")
_LONGEST_MESSAGE = 300


def mask(text: str) -> str:
    """Return one line of ``text`` without keys and mail addresses, at most 300 characters."""
    text = _MAIL.sub("<mail>", _SECRET.sub("<secret>", " ".join(text.split())))
    return text if len(text) <= _LONGEST_MESSAGE else text[: _LONGEST_MESSAGE - 1] + "…"


class IngestionError(Exception):
    """Anything that went wrong between an API and the raw tables."""


class ConfigurationError(IngestionError):
    """A setting is missing or wrong."""


@dataclass(frozen=True)
class Request:
    """What was asked, for error messages: the endpoint's name and the window's key."""

    endpoint: str
    window: str

    def __str__(self) -> str:
        return f"{self.endpoint} [{self.window}]"


class RequestError(IngestionError):
    """A request that did not give what was asked, with what to do about it."""

    advice = "Try again; if it stays, ask the API's support and name the request id."

    def __init__(
        self,
        request: Request,
        problem: str,
        *,
        status: int | None = None,
        request_id: str | None = None,
        error_code: str | None = None,
    ) -> None:
        self.request = request
        self.status = status
        # Anthropic's `error.details.error_code`, which tells apart what shares a status.
        self.error_code = error_code
        self.request_id = request_id
        self.problem = mask(problem)
        answered = f"HTTP {status}: " if status else ""
        told = f"(request id {request_id or 'none'})"
        self.said = f"{request}: {answered}{self.problem} {told}"
        super().__init__(f"{self.said}. {self.advice}")


class CredentialRejected(RequestError):
    advice = "The key is wrong, revoked or expired: put a valid one in its place."


class BillingRefused(RequestError):
    advice = "The organisation's billing must be put in order first: see its billing settings."


class PermissionDenied(RequestError):
    advice = "The key may not read this: give it the scope or role that the README names."


class NotFound(RequestError):
    advice = "It does not exist or this key cannot see it: check the name and the key's access."


class NotModified(RequestError):
    advice = "Nothing to do: what is stored is what there is."


class CursorRefused(RequestError):
    advice = "The window was begun again and refused again: try later."


class NotReady(RequestError):
    advice = "Nothing to do: the day is read by a later run."


class RateLimited(RequestError):
    advice = "Wait and run again: what is stored stays, and only what is missing is read."


class SpendCapReached(RateLimited):
    advice = (
        "Waiting does not help: raise the spend limit, or run again when its period is over; what"
        " is stored stays."
    )


class Unavailable(RequestError):
    advice = "The server failed each try: run again later, only what is missing is read."


class TooHeavy(Unavailable):
    """Told apart inside the GitHub room, which asks for a smaller page then."""


class UnexpectedAnswer(RequestError):
    advice = "Nothing of it was stored. Is the base URL right, and no proxy in between?"
