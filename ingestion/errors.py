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
        │   ├── TooHeavy        GitHub does not answer a query as it is: ask for less
        │   └── Unreachable     no connection to the host: true of all that is asked of it
        └── UnexpectedAnswer    not JSON, torn, or a documented field is missing
            └── InvalidRecords  records that are not of the documented shape, or come twice
                └── RepeatedRecords  a record of an earlier page: begin the window again

No message holds a key, a mail address or a body: what a server says is cut and masked first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ingestion.secrets import identifier, mask


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
        self.request_id = identifier(request_id)
        self.problem = mask(problem)
        self.summary = self._summary()
        super().__init__(f"{self.summary}. {self.advice}")

    def _summary(self) -> str:
        answered = f"HTTP {self.status}: " if self.status else ""
        request_id = f"(request id {self.request_id or 'none'})"
        # A window may be named by what the server calls its entities.
        return f"{mask(str(self.request))}: {answered}{self.problem} {request_id}"


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
    """Told apart inside the GitHub room, which asks for a smaller page then, or without a field.

    ``path`` leads to the field that could not be had, where the answer names it.
    """

    path: Sequence[str | int] = ()


class Unreachable(Unavailable):
    """Without endpoint and window: it is one fault of the host, reported once."""

    advice = (
        "Nothing was reached there and nothing asked: check the address, the network, and the"
        " proxy if there is one, then run again."
    )

    def _summary(self) -> str:
        return self.problem


class UnexpectedAnswer(RequestError):
    advice = "Nothing of it was stored. Is the base URL right, and no proxy in between?"


class InvalidRecords(UnexpectedAnswer):
    advice = "Nothing of it was stored, and what was stored before stays."


class RepeatedRecords(InvalidRecords):
    advice = (
        "The window was begun again and answered so again. Nothing of it was stored, and what was"
        " stored before stays."
    )
