"""Renew the seed of list prices from the genai-prices package: ``make prices``.

The package ships its prices, so nothing is fetched. Base rates only: what a tier asks beyond its
threshold depends on the size of each request, and no report tells it.
"""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import genai_prices
from genai_prices import data_snapshot, types

SEED = Path(__file__).with_name("list_prices.csv")
RATES = {
    "input_usd_per_million": "input_mtok",
    "output_usd_per_million": "output_mtok",
    "cache_read_usd_per_million": "cache_read_mtok",
    "cache_write_5m_usd_per_million": "cache_write_mtok",
    "cache_write_1h_usd_per_million": "cache_write_1h_mtok",
}
COLUMNS = [
    "model",
    "valid_from",
    "valid_to",
    *RATES,
    "tier_threshold_tokens",
    "priced_as_model",
    "price_source",
]
# As the macro `priced_model_name` does: the window in brackets and the date say nothing of price.
_SUFFIX = re.compile(r"[-@](\d{8}|latest)$")
_NAME = re.compile(r"^claude(-[a-z]+|-v?\d{1,2})+$")


def _texts(clause: Any) -> Iterator[str]:
    for value in vars(clause).values():
        if isinstance(value, list):
            for one in value:
                yield from _texts(one)
        elif isinstance(value, str):
            yield value


def _names(provider: types.Provider, model: types.ModelInfo) -> list[str]:
    """Return the names without date under which reports may know ``model``, its own first."""
    names: dict[str, None] = {}
    for text in [model.id, *_texts(model.match)]:
        name = _SUFFIX.sub("", text)
        found = provider.find_model(name) if _NAME.match(name) else None
        if found is not None and found.id == model.id:
            names[name] = None
    return list(names)


def _stretches(model: types.ModelInfo) -> list[tuple[str, str, Any]]:
    """Return first day, day after the last and prices, an open end being empty."""
    if isinstance(model.prices, types.ModelPrice):
        return [("", "", model.prices)]
    starts: dict[date, None] = {}
    for entry in model.prices:
        if isinstance(entry.constraint, types.StartDateConstraint):
            starts[entry.constraint.start_date] = None
        elif entry.constraint is not None:
            raise ValueError(
                f"{model.id} has prices by time of day; the seed has no place for them"
            )
    bounds: list[date | None] = [None, *sorted(starts), None]
    stretches = []
    for start, end in itertools.pairwise(bounds):
        moment = start or (end or date.max) - timedelta(days=1)
        prices = model.get_prices(datetime(moment.year, moment.month, moment.day))
        stretches.append((_day(start), _day(end), prices))
    return stretches


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _base(price: Decimal | types.TieredPrices | None) -> str:
    if price is None:
        return ""
    return format(price.base if isinstance(price, types.TieredPrices) else price, "f")


def _threshold(prices: types.ModelPrice) -> str:
    starts = [
        tier.start
        for price in vars(prices).values()
        if isinstance(price, types.TieredPrices)
        for tier in price.tiers
    ]
    return str(min(starts)) if starts else ""


def rows() -> list[dict[str, str]]:
    """Return the rows of the seed as the installed package has them."""
    source = f"genai-prices {genai_prices.__version__}"
    (provider,) = (one for one in data_snapshot.get_snapshot().providers if one.id == "anthropic")
    found = [
        {
            "model": name,
            "valid_from": start,
            "valid_to": end,
            **{column: _base(getattr(prices, key, None)) for column, key in RATES.items()},
            "tier_threshold_tokens": _threshold(prices),
            "priced_as_model": model.id,
            "price_source": source,
        }
        for model in provider.models
        for start, end, prices in _stretches(model)
        for name in _names(provider, model)
    ]
    return sorted(found, key=lambda row: (row["model"], row["valid_from"]))


def main() -> None:
    """Write the seed."""
    with SEED.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows())


if __name__ == "__main__":
    main()
