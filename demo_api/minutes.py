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
            minute=(row.minute + 3 * place) % MINUTES,
            **{name: each + (rest if place == 0 else 0) for name, (each, rest) in shares.items()},
        )
        for place in range(count)
    ]


def token_peaks(
    rows: Iterable[UsageRow], models: Mapping[str, Iterable[str]]
) -> dict[tuple[str, str, str], tuple[int, int]]:
    """Return the tokens of the busiest minute, and the first such minute of the day.

    By workspace or ``all`` (``default`` for the one that reports leave null), by the key of
    ``models`` that has the model (``unmapped`` for none, ``all`` for all) and by what a rate limit
    counts: ``input`` without what is read from the cache, ``output``, or ``tokens``, which is both.
    Batches have limits of their own and are left out.
    """
    groups = {model: group for group, some in models.items() for model in some}
    minutes: dict[tuple[str, str, str], Counter[int]] = defaultdict(Counter)
    for minute, parts in by_minute(rows).items():
        for part in parts:
            if part.service_tier == "batch":
                continue
            limited = part.uncached_input + part.write_5m + part.write_1h
            counts = {"input": limited, "output": part.output, "tokens": limited + part.output}
            for workspace in (part.workspace_id or "default", "all"):
                for group in (groups.get(part.model, "unmapped"), "all"):
                    for kind, count in counts.items():
                        minutes[workspace, group, kind][minute] += count
    return {key: _peak(counted) for key, counted in minutes.items()}


def request_peaks(
    rows: Iterable[UsageRow], models: Mapping[str, Iterable[str]]
) -> dict[tuple[str, str], tuple[int, int]]:
    """Return the requests of the busiest minute, and the first such minute of the day.

    By workspace and key of ``models`` as in ``token_peaks``. A row's requests are all made in its
    own minute.
    """
    groups = {model: group for group, some in models.items() for model in some}
    minutes: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)
    for row in rows:
        if row.service_tier != "batch":
            for workspace in (row.workspace_id or "default", "all"):
                for group in (groups.get(row.model, "unmapped"), "all"):
                    minutes[workspace, group][row.minute] += row.requests
    return {key: _peak(counted) for key, counted in minutes.items()}


def _peak(minutes: Mapping[int, int]) -> tuple[int, int]:
    tokens, before = max((count, -minute) for minute, count in minutes.items())
    return tokens, -before
