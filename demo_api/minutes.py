"""How a day's usage falls into minutes, and the right answer to what its busiest minute was.

A usage row is one caller's use of a model. By minute it is spread over some minutes after its own,
without drawing a random number: the sums of the day stay to the token.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from demo_api.activity import UsageRow

MINUTES = 24 * 60
_MOST_MINUTES = 12
_COUNTS = ("uncached_input", "output", "cache_read", "write_5m", "write_1h", "web_searches")

# Model, service tier; null workspace is the default one.
Caller = tuple[str | None, str, str]


def by_minute(rows: Iterable[UsageRow]) -> dict[int, list[UsageRow]]:
    """Return the parts of ``rows`` by minute of the day, 0 to 1439."""
    found: dict[int, list[UsageRow]] = defaultdict(list)
    for row in rows:
        for part in _parts(row):
            found[part.minute].append(part)
    return found


def _parts(row: UsageRow) -> list[UsageRow]:
    """Return a row's part of each of its minutes; the first has what does not divide."""
    count = min(row.requests, _MOST_MINUTES)
    shares = {name: divmod(getattr(row, name), count) for name in _COUNTS}
    return [
        replace(
            row,
            minute=min(row.minute + 3 * place, MINUTES - 1),
            **{name: each + (rest if place == 0 else 0) for name, (each, rest) in shares.items()},
        )
        for place in range(count)
    ]


def limited_tokens(rows: Iterable[UsageRow]) -> dict[Caller, dict[int, tuple[int, int]]]:
    """Return the tokens that rate limits count, by workspace, model and tier, and by minute.

    Input (without what is read from the cache), then output.
    """
    found: dict[Caller, dict[int, tuple[int, int]]] = defaultdict(dict)
    for minute, parts in by_minute(rows).items():
        for row in parts:
            minutes = found[row.workspace_id, row.model, row.service_tier]
            known = minutes.get(minute, (0, 0))
            counted = row.uncached_input + row.write_5m + row.write_1h
            minutes[minute] = (known[0] + counted, known[1] + row.output)
    return found


def peak(minutes: Iterable[Mapping[int, int]]) -> tuple[int, int]:
    """Return the tokens of the busiest minute of all together, and the first such minute."""
    total: Counter[int] = Counter()
    for one in minutes:
        total.update(one)
    tokens, before = max(((count, -minute) for minute, count in total.items()), default=(0, 0))
    return tokens, -before
