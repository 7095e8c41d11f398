"""Faults of GitHub alone: limits that no budget tells, and items that cannot be answered whole."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
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


class TimedOut(Exception):
    """Working out a field took longer than a query may: there is no answer at all."""


@dataclass
class BrokenItem:
    """A pull request, by number, or a commit, by oid, some fields of which cannot be answered.

    A query that asks for any of ``fields`` of it is cut off with 502, or, with ``times_out``
    false, answered without the item and with an error that names the field's path. ``times`` null
    is for ever.
    """

    key: int | str
    fields: Collection[str]
    times_out: bool = True
    message: str = "Something went wrong while executing your query."
    times: int | None = None

    def strikes(self, key: int | str, field: str) -> bool:
        """Say whether this field of this item breaks the query, and count it."""
        if key != self.key or field not in self.fields or self.times == 0:
            return False
        if self.times is not None:
            self.times -= 1
        return True
