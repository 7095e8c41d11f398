"""Limits of GitHub that no budget tells beforehand, as faults."""

from __future__ import annotations

from typing import Any

from demo_api.faults import Fault

MESSAGE = (
    "You have exceeded a secondary rate limit and have been temporarily blocked from content"
    " creation. Please retry your request again later."
)
_ANSWER = {"message": MESSAGE, "documentation_url": "https://docs.github.com/rest"}


def secondary_limit(*, retry_after: float | None = None, status: int = 403, **more: Any) -> Fault:
    """Return the answer to too many requests at once; with 200, as GraphQL may give it."""
    headers = {} if retry_after is None else {"retry-after": str(retry_after)}
    return Fault(status=status, headers=headers, body=_ANSWER, **more)
