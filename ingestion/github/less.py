"""Ask for one item without what keeps it from being answered.

A page that is not answered is asked for in halves, down to a single item. That is asked for here
without one part after the other, until it is answered; and once more whole, as what passes must not
cost an item its parts. Where nothing of it is answered, it is the server and not the item.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from ingestion.errors import Request, TooHeavy
from ingestion.github.queries import EVERYTHING, WHOLE, part_of

log = logging.getLogger(__name__)

Found = TypeVar("Found")
Found_co = TypeVar("Found_co", covariant=True)


class Ask(Protocol[Found_co]):
    """Ask for the item ``without`` some parts; with ``patience`` as often as for anything else.

    Raises:
        TooHeavy: it is not answered like that; not with ``patience``.
    """

    def __call__(self, without: frozenset[str], *, patience: bool) -> Awaitable[Found_co]: ...


@dataclass(frozen=True)
class Less(Generic[Found]):
    """An answer, the parts that are missing from it, and why; none where it is whole."""

    found: Found
    without: frozenset[str] = WHOLE
    problem: str = ""


async def ask_for_less(
    request: Request, ask: Ask[Found], parts: Sequence[str], fault: TooHeavy
) -> Less[Found]:
    """Return as much of an item as is answered, after ``fault`` was the answer to all of it.

    Args:
        parts: what it can do without, what is most often the reason first.

    Raises:
        RequestError: nothing of it is answered, after the last try.
    """
    return await _less(request, ask, parts, fault) or Less(await ask(WHOLE, patience=True))


async def _less(
    request: Request, ask: Ask[Found], parts: Sequence[str], fault: TooHeavy
) -> Less[Found] | None:
    steps = _Steps(parts, fault)
    for without in steps:
        log.info("%s: asking without %s", request, ", ".join(sorted(without)))
        try:
            found = await ask(without, patience=False)
        except TooHeavy as error:
            steps.learn(error)
            continue
        try:
            return Less(await ask(WHOLE, patience=False))
        except TooHeavy as error:
            return Less(found, without, error.problem)
    return None


async def ask_again(
    request: Request, ask: Ask[Found], parts: Sequence[str], *, is_lost: bool
) -> Less[Found] | None:
    """Return an item that was not to be read whole, None where it is as it was.

    Of one that ``is_lost``, of which nothing is stored, a part is better than nothing.
    """
    try:
        return Less(await ask(WHOLE, patience=False))
    except TooHeavy as fault:
        if not is_lost:
            return None
        return await _less(request, ask, parts, fault)


class _Steps:
    """What to leave out next: what an error named, each part, all of them, all but the key."""

    def __init__(self, parts: Sequence[str], fault: TooHeavy) -> None:
        every = frozenset(parts)
        self._steps = [*(frozenset([part]) for part in parts), every, every | {EVERYTHING}]
        self._parts = every
        self._named: frozenset[str] = WHOLE
        self._tried: set[frozenset[str]] = set()
        self.learn(fault)

    def learn(self, error: TooHeavy) -> None:
        """Leave out, on top of what was named before, what an error's path leads to."""
        named = part_of(error.path)
        if named in self._parts:
            self._named |= {named}

    def __iter__(self) -> Iterator[frozenset[str]]:
        while self._steps:
            is_new = self._named and self._named not in self._tried
            without = self._named if is_new else self._steps.pop(0)
            if without not in self._tried:
                self._tried.add(without)
                yield without
