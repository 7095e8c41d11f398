"""List prices in USD per million tokens, for the models the invented organisation uses.

Only facts belong here. Money leaves this module as ``Decimal`` US cents and is never rounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

# Priced as no list knows it: the model exists only in this demo, to be the unknown one.
UNKNOWN_MODEL = "claude-nova-1-preview"


@dataclass(frozen=True)
class Price:
    """USD per million tokens of each kind."""

    input: Decimal
    write_5m: Decimal
    write_1h: Decimal
    read: Decimal
    output: Decimal


def _price(*dollars: str) -> Price:
    return Price(*(Decimal(value) for value in dollars))


PRICES: dict[str, Price] = {
    "claude-opus-5-5": _price("4", "5", "8", "0.2", "20"),
    "claude-opus-5": _price("5", "6.25", "10", "0.5", "25"),
    "claude-opus-4-8": _price("5", "6.25", "10", "0.5", "25"),
    "claude-sonnet-5-5": _price("2", "2.5", "4", "0.1", "10"),
    "claude-sonnet-5": _price("2", "2.5", "4", "0.2", "10"),
    "claude-haiku-5-5": _price("0.1", "0.125", "0.2", "0.01", "0.5"),
    "claude-haiku-4-5-20251001": _price("1", "1.25", "2", "0.1", "5"),
    UNKNOWN_MODEL: _price("6", "7.5", "12", "0.3", "30"),
}

MODEL_TITLES: dict[str, str] = {
    "claude-opus-5-5": "Claude Opus 5.5",
    "claude-opus-5": "Claude Opus 5",
    "claude-opus-4-8": "Claude Opus 4.8",
    "claude-sonnet-5-5": "Claude Sonnet 5.5",
    "claude-sonnet-5": "Claude Sonnet 5",
    "claude-haiku-5-5": "Claude Haiku 5.5",
    "claude-haiku-4-5-20251001": "Claude Haiku 4.5",
    UNKNOWN_MODEL: "Claude Nova 1 Preview",
}

BATCH_MULTIPLIER = Decimal("0.5")
US_MULTIPLIER = Decimal("1.1")
WEB_SEARCH_CENTS = Decimal("1")


def token_cents(tokens: int, dollars_per_million: Decimal) -> Decimal:
    """Return the exact price of ``tokens`` in US cents."""
    return tokens * dollars_per_million / 10_000


def list_cents(model: str, *, input: int, output: int, read: int, write_5m: int) -> Decimal:
    """Return the exact list price in US cents, each cache write taken as a 5-minute one."""
    price = PRICES[model]
    return (
        token_cents(input, price.input)
        + token_cents(output, price.output)
        + token_cents(read, price.read)
        + token_cents(write_5m, price.write_5m)
    )


def whole_cents(cents: Decimal) -> int:
    """Round to a whole cent, halves up, as the documented examples are."""
    return int(cents.quantize(Decimal(1), rounding=ROUND_HALF_UP))
