"""The planted runaways: whose spend explodes, on which days, and what explains it.

They are laid over what was built, record and usage row alike, without drawing a random number:
nothing else of the organisation moves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from demo_api.activity import ClaudeCodeRecord, ModelUse, UsageRow
from demo_api.people import ApiKey, Person
from demo_api.prices import list_cents, whole_cents


@dataclass(frozen=True)
class Runaway:
    """One jump in spend. ``subject`` is a work address or the name of an API key.

    ``driver`` is the right answer to why: ``person``, ``actor_key`` or ``cache_rate``.
    """

    driver: str
    subject: str
    days: tuple[str, ...]
    # Tokens of all kinds are multiplied by this.
    factor: int = 1
    # This part of the cache reads is sent as uncached input instead.
    uncached_pct: int = 0


RUNAWAYS = (
    Runaway("actor_key", "ci-nightly", ("2026-10-01", "2026-10-02"), factor=20),
    Runaway(
        "cache_rate",
        "jade.nguyen@larkfield.example",
        ("2026-10-08", "2026-10-09"),
        uncached_pct=95,
    ),
    Runaway("person", "jonas.weber@larkfield.example", ("2026-10-20", "2026-10-21"), factor=25),
)


def plant_runaways(
    records: Mapping[str, Sequence[ClaudeCodeRecord]],
    usage: Mapping[str, Sequence[UsageRow]],
    people: Sequence[Person],
    keys: Sequence[ApiKey],
) -> None:
    """Change the records of the runaways, and the usage rows behind them, in place."""
    accounts = {person.email: person.user_id for person in people}
    key_ids = {key.name: key.api_key_id for key in keys}
    for runaway in RUNAWAYS:
        is_key = runaway.driver == "actor_key"
        for day in runaway.days:
            for record in records[day]:
                if runaway.subject == (record.actor if is_key else record.person_email):
                    for use in record.models:
                        _grow_use(use, runaway)
            for row in usage[day]:
                caller = row.api_key_id if is_key else row.account_id
                wanted = (key_ids if is_key else accounts)[runaway.subject]
                if caller == wanted and row.product == "claude_code":
                    _grow_row(row, runaway)


def _grow_use(use: ModelUse, runaway: Runaway) -> None:
    use.input, use.cache_read = _moved(use.input, use.cache_read, runaway)
    use.output *= runaway.factor
    use.cache_creation *= runaway.factor
    cents = list_cents(
        use.model,
        input=use.input,
        output=use.output,
        read=use.cache_read,
        write_5m=use.cache_creation,
    )
    use.estimated_cents = whole_cents(cents)


def _grow_row(row: UsageRow, runaway: Runaway) -> None:
    row.uncached_input, row.cache_read = _moved(row.uncached_input, row.cache_read, runaway)
    row.output *= runaway.factor
    row.write_5m *= runaway.factor
    row.write_1h *= runaway.factor


def _moved(uncached: int, read: int, runaway: Runaway) -> tuple[int, int]:
    uncached, read = uncached * runaway.factor, read * runaway.factor
    lost = read * runaway.uncached_pct // 100
    return uncached + lost, read - lost
