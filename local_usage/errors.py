"""What can go wrong; each message says what to do."""

from __future__ import annotations


class LocalUsageError(Exception):
    """Something a user can mend."""


class IndexProblem(LocalUsageError):
    """The index cannot be used."""


class DeliveryProblem(LocalUsageError):
    """An export did not arrive, or not all of it; what arrived is noted."""


class WrongChoice(LocalUsageError):
    """What was asked for does not exist."""
