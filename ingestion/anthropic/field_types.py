"""What fields of documented answers may hold, and what the stored bodies have in common.

A field that staging reads is required unless it is documented as absent or null at times. Fields
that nobody reads may be missing. New fields and new values of an enumeration fit any shape.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from ingestion.windows import ONE_DAY

# Far above any true count, and low enough that sums of it stay within 64 bits.
LARGEST_COUNT = 10**15

# US cents as a decimal string. Ten billion dollars at most, and as many digits after the point as
# staging keeps.
CENTS = r"^-?[0-9]{1,12}(\.[0-9]{1,10})?\Z"
NOT_BLANK = r"\S"
# A day that exists.
_DAY = (
    r"(?!0000)([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])"
    r"|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))"
    r"|([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)"
)
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?"
# In UTC as documented: staging takes the first ten characters for the day.
MIDNIGHT = rf"^{_DAY}T00:00:00(\.0+)?(Z|\+00:00)\Z"
UTC_INSTANT = rf"^{_DAY}T{_TIME}(Z|\+00:00)\Z"
INSTANT = rf"^{_DAY}T{_TIME}(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])\Z"
# What a pattern asks for, in words for messages.
IN_WORDS = {
    CENTS: "a decimal of at most 12 digits and 10 more after the point",
    NOT_BLANK: "not blank",
    MIDNIGHT: "a midnight in UTC",
    UTC_INSTANT: "a time in UTC",
    INSTANT: "a time as of RFC 3339",
}

Count = Annotated[int, Meta(ge=0, le=LARGEST_COUNT)]
Cents = Annotated[str, Meta(pattern=CENTS)]
NotBlank = Annotated[str, Meta(pattern=NOT_BLANK)]
Midnight = Annotated[str, Meta(pattern=MIDNIGHT)]
UtcInstant = Annotated[str, Meta(pattern=UTC_INSTANT)]
Instant = Annotated[str, Meta(pattern=INSTANT)]
# May be null, and may be absent.
MaybeCount = Count | None | UnsetType
MaybeText = str | None | UnsetType
MaybeCents = Cents | None | UnsetType
MaybeInstant = Instant | None | UnsetType
MaybeUsd = Literal["USD"] | None | UnsetType
# Not read: of any shape.
Unread = Any


class Body(Struct, gc=False):
    """What is stored as one body."""

    def problem(self) -> str | None:
        """Return what is wrong with values beside each other, or None."""
        return None

    def days(self) -> set[str]:
        """Return the days that the records name, of a report whose window is asked for by day."""
        return set()

    def identities(self) -> Iterable[str]:
        """Return the ids of records of which a window has one each; none where keys may repeat."""
        return ()


class ListPage(Body):
    """What stands beside the records of a page."""

    has_more: bool | UnsetType = UNSET
    next_page: MaybeText = UNSET
    first_id: MaybeText = UNSET
    last_id: MaybeText = UNSET
    data_refreshed_at: Unread = UNSET
    organization_id: MaybeText = UNSET


def spans_a_day(start: str, end: str) -> bool:
    """Return whether ``end`` is the day after ``start``, both texts that begin with a day."""
    return date.fromisoformat(end[:10]) - date.fromisoformat(start[:10]) == ONE_DAY
