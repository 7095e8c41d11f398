"""The bill as lines of Datadog's Custom Costs.

Datadog takes lines as FOCUS has them with differences of its own: a period ends on its last day, no
value is null or blank, no text is longer than 1,000 characters, and no day lies ahead. Source:
Datadog Docs, "Custom Costs", read 2026-12.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from exports.gauges import Ask, label

PROVIDER = "Anthropic"
LONGEST = 1_000
_TAGS = ("workspace_id", "model", "product", "cost_type", "token_type", "service_tier")


def lines(
    ask: Ask, first: date | None = None, last: date | None = None
) -> Iterator[dict[str, Any]]:
    """Yield a line for each complete UTC day and line item of the bill, from ``first`` to ``last``.

    Estimates are in none of them. An amount is the float next to the exact one: JSON of Datadog has
    no decimals, and fifteen digits of them come back as they were.
    """
    for day, text, cost, *values in ask(_sql(first, last)):
        assert isinstance(day, date)
        assert isinstance(cost, Decimal)
        tags = {
            name: str(value)[:LONGEST]
            for name, value in zip(_TAGS, values, strict=True)
            # Nothing blank, and what does not apply is no tag.
            if value not in (None, "", "none")
        }
        yield {
            "ProviderName": PROVIDER,
            "ChargeDescription": str(text)[:LONGEST],
            "ChargePeriodStart": day.isoformat(),
            "ChargePeriodEnd": day.isoformat(),
            "BilledCost": float(cost),
            "BillingCurrency": "USD",
            **({"Tags": tags} if tags else {}),
        }


def text(ask: Ask, first: date | None = None, last: date | None = None) -> str:
    """Return all lines as the JSON of an upload."""
    return json.dumps(list(lines(ask, first, last)), indent=1, ensure_ascii=False) + "\n"


def _sql(first: date | None, last: date | None) -> str:
    tags = ", ".join(f"{label(name)} as {name}" for name in _TAGS)
    since = f"and usage_date >= date '{first}'" if first else ""
    until = f"and usage_date <= date '{last}'" if last else ""
    return f"""
    select
        usage_date,
        coalesce(
            nullif({label("line_item_description")}, 'none'),
            nullif(concat_ws(' ', nullif(product, 'none'), nullif({label("model")}, 'none'),
                nullif(token_type, 'none')), ''),
            cost_type
        ) as description,
        sum(billed_cost_usd) as cost_usd,
        {tags}
    from fct_billed_costs_daily
    where is_complete_day {since} {until}
    group by all
    having sum(billed_cost_usd) is not null
    order by all
    """
