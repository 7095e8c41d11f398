"""The seed of list prices is what the installed price library says."""

from __future__ import annotations

import csv
import importlib.util
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pytest

genai_prices = pytest.importorskip("genai_prices", reason="genai-prices is not installed")

PRICES = Path(__file__).parents[2] / "dbt_project" / "seeds" / "prices"
SEED = list(csv.DictReader((PRICES / "list_prices.csv").open(newline="")))
# So few that no tier applies.
TOKENS = 1000


def _program() -> ModuleType:
    spec = importlib.util.spec_from_file_location("renew", PRICES / "renew_list_prices.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_seed_is_what_the_program_makes() -> None:
    assert _program().rows() == SEED


@pytest.mark.parametrize("row", SEED, ids=lambda row: f"{row['model']} from {row['valid_from']}")
def test_a_rate_is_what_the_library_asks(row: dict[str, str]) -> None:
    at = (
        datetime.fromisoformat(row["valid_to"]) - timedelta(days=1)
        if row["valid_to"]
        else datetime(2026, 11, 1)
    ).replace(tzinfo=UTC)
    usages = {
        "input_usd_per_million": {},
        "cache_read_usd_per_million": {"cache_read_tokens": TOKENS},
        "cache_write_5m_usd_per_million": {
            "cache_write_tokens": TOKENS,
            "cache_write_5m_tokens": TOKENS,
        },
        "cache_write_1h_usd_per_million": {
            "cache_write_tokens": TOKENS,
            "cache_write_1h_tokens": TOKENS,
        },
    }

    def asked(**tokens: int) -> Decimal:
        price = genai_prices.calc_price(
            genai_prices.Usage(**tokens),
            model_ref=row["model"],
            provider_id="anthropic",
            genai_request_timestamp=at,
        )
        return price.total_price * 1_000_000 / TOKENS

    assert asked(output_tokens=TOKENS) == Decimal(row["output_usd_per_million"])
    for column, tokens in usages.items():
        if row[column]:
            assert asked(input_tokens=TOKENS, **tokens) == Decimal(row[column])
