"""Errors of this room, and the masking that keeps mail addresses out of them.

CheckError    a check could not be carried out: neither passed nor failed
"""

from __future__ import annotations

import re

# Wide on purpose: whatever stands around an `@` is hidden, also when it is no valid address.
_ADDRESS = re.compile(r"[^\s'\"<>,;:=()|]*@[^\s'\"<>,;:=()|]*")


class CheckError(RuntimeError):
    """A check is broken: a missing table or column, or an error inside the query.

    Not a finding about the data, and never to be counted as a pass.
    """


def mask(text: str) -> str:
    """Return ``text`` with everything that could be a mail address replaced."""
    return _ADDRESS.sub("<address>", text)
