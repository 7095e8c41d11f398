"""Time stamps and object ids in the forms the APIs use."""

from __future__ import annotations

import hashlib
from datetime import datetime


def instant(moment: datetime) -> str:
    """Return a UTC time as ``2026-08-03T09:15:00Z``."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def object_id(*parts: object) -> str:
    """Return a 40-digit object id that depends on ``parts`` alone."""
    return hashlib.sha1("/".join(map(str, parts)).encode(), usedforsecurity=False).hexdigest()
