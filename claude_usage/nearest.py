"""What somebody may have meant by a name that there is not."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches

_SHOWN = 3
# Below this two words are two words, and no slip of the pen.
_SAME_WORD = 0.8
# What people say for a word of our names.
_SAID_FOR = {
    "bill": "billed",
    "developer": "person",
    "money": "cost",
    "people": "person",
    "pr": "pull",
    "price": "cost",
    "repo": "repository",
    "spend": "cost",
    "spending": "cost",
    "user": "person",
}


def nearest(word: str, known: Iterable[str]) -> list[str]:
    """Return names of ``known`` that share a word with ``word``, best first, else alike in letters.

    Of names that are as near as each other those of fewer words come first, then by alphabet.
    """
    names = sorted(set(known))
    wanted = _words(word)
    near = {name: sum(_likeness(one, _words(name)) for one in wanted) for name in names}
    found = sorted(
        (name for name in names if near[name]), key=lambda name: (-near[name], len(_words(name)))
    )
    return found[:_SHOWN] or get_close_matches(word, names, n=_SHOWN, cutoff=0)


def _words(name: str) -> list[str]:
    """Return the words of a name in the singular, those of ours for what people say."""
    found = []
    for word in re.findall(r"[^\W_]+", name.lower()):
        single = word[:-1] if len(word) > 2 and word.endswith("s") else word
        found.append(_SAID_FOR.get(word) or _SAID_FOR.get(single) or single)
    return found


def _likeness(word: str, others: list[str]) -> float:
    """Return how like the likest of ``others`` a word is: 1 for the same, 0 for another word."""
    best = max((SequenceMatcher(None, word, other).ratio() for other in others), default=0.0)
    return best if best >= _SAME_WORD else 0.0
