"""What an answer that is no success says: its message, its code, and how long to wait.

All of it is a server's own words. What cannot be read is not there: nothing here raises.
"""

from __future__ import annotations

import email.utils
import re
from datetime import datetime

import httpx
import msgspec

_ANTHROPIC_RESETS = ("anthropic-ratelimit-requests-reset", "anthropic-ratelimit-tokens-reset")
# Digits of ASCII alone, and no more than any wait or epoch has.
_SECONDS = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?", re.ASCII)
# Of an error's body, what is looked through for words.
_LOOKED_AT = 100_000
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
# Dates beyond what a calendar or an epoch holds, and those that are none.
_NO_DATE = (ValueError, TypeError, IndexError, OverflowError, OSError)


class _Details(msgspec.Struct):
    error_code: str | None = None


class _ErrorWithDetails(msgspec.Struct):
    details: _Details | None = None


class _Error(msgspec.Struct):
    error: _ErrorWithDetails


def text_of(response: httpx.Response) -> str:
    """Return the beginning of a body as UTF-8, whatever character set the server names."""
    return response.content[:_LOOKED_AT].decode(errors="replace")


def error_code(response: httpx.Response) -> str | None:
    """Return `error.details.error_code` of an error body in Anthropic's shape, or None."""
    try:
        details = msgspec.json.decode(response.content, type=_Error).error.details
    except _UNREADABLE:
        return None
    return details.error_code if details else None


def describe_error(response: httpx.Response) -> str:
    """Return type and message of an error body, or its content type when it is no JSON."""
    try:
        body = msgspec.json.decode(response.content)
    except _UNREADABLE:
        return f"an answer of {response.headers.get('content-type', 'no content type')}"
    if not isinstance(body, dict):
        return "an error without a message"
    error = body.get("error")
    if isinstance(error, dict):
        return f"{_words(error.get('type')) or 'error'}: {_words(error.get('message'))}"
    return _words(body.get("message")) or _words(error) or "an error without a message"


def _words(value: object) -> str:
    # Lists and objects may be nested deeper than can be written out.
    return str(value) if isinstance(value, str | int | float) else ""


def is_rate_limit(response: httpx.Response) -> bool:
    """Tell a limit from a plain 403: GitHub answers both with 403."""
    if response.status_code == 429:
        return True
    return response.status_code == 403 and (
        response.headers.get("x-ratelimit-remaining") == "0"
        or "retry-after" in response.headers
        or "secondary rate limit" in text_of(response)
    )


def server_wait(headers: httpx.Headers, text: str, *, now: float) -> float | None:
    """Return the seconds the server asks for, or None where it asks for none.

    A reset in the past is no wait: it was seen on real 429 answers, and obeying it means
    hammering. GitHub asks for at least a minute after a secondary limit that names no time.
    """
    if wait := retry_after(headers.get("retry-after"), now):
        return wait
    is_spent = headers.get("x-ratelimit-remaining", "0") == "0"
    if is_spent and (wait := until(headers.get("x-ratelimit-reset"), now)):
        return wait
    for name in _ANTHROPIC_RESETS:
        if wait := until(headers.get(name), now):
            return wait
    return 60.0 if "secondary rate limit" in text else None


def retry_after(value: str | None, now: float) -> float | None:
    """Return the seconds of a `retry-after`, a number or a date; None for none to come."""
    if value is None:
        return None
    if _SECONDS.fullmatch(value):
        return float(value) or None
    try:
        return _positive(email.utils.parsedate_to_datetime(value).timestamp() - now)
    except _NO_DATE:
        return None


def until(value: str | None, now: float) -> float | None:
    """Return the seconds until a reset, an epoch or an instant; None for none to come."""
    if not value:
        return None
    try:
        is_epoch = _SECONDS.fullmatch(value)
        at = float(value) if is_epoch else datetime.fromisoformat(value).timestamp()
    except _NO_DATE:
        return None
    # One second more: resets are whole seconds, and clocks differ a little.
    return _positive(at - now + 1.0) if at > now else None


def _positive(seconds: float) -> float | None:
    return seconds if seconds > 0 else None
