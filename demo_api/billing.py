"""Model usage outside Claude Code, and the bill: each day's cost lines in exact US cents.

The bill follows from the usage rows and a few other charges. Claude Code's rows are among the
usage rows, so its cost is a part of the bill and never comes on top of it.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from demo_api.activity import EMPTY_DAYS, UsageRow
from demo_api.people import ApiKey
from demo_api.prices import (
    BATCH_MULTIPLIER,
    MODEL_TITLES,
    PRICES,
    US_MULTIPLIER,
    WEB_SEARCH_CENTS,
    token_cents,
)

# Who asserts the identity of the callers behind the key `prototype`.
FEDERATED_ISSUER = "https://issuer.larkfield.example"
_TOKEN_TITLES = {
    "uncached_input_tokens": "Input Tokens",
    "output_tokens": "Output Tokens",
    "cache_read_input_tokens": "Input Tokens, Cache Read",
    "cache_creation.ephemeral_5m_input_tokens": "Input Tokens, Cache Write",
    "cache_creation.ephemeral_1h_input_tokens": "Input Tokens, Cache Write 1h",
}


@dataclass(frozen=True)
class CostLine:
    """One line of the bill; ``amount_cents`` is exact, with as many decimals as it takes."""

    day: str
    workspace_id: str | None
    description: str
    cost_type: str
    amount_cents: Decimal
    model: str | None = None
    token_type: str | None = None
    service_tier: str | None = None
    context_window: str | None = None
    inference_geo: str | None = None


def service_usage(rng: random.Random, day: date, keys: Iterable[ApiKey]) -> list[UsageRow]:
    """Return the usage of the service keys on one UTC day; nothing on the empty days."""
    if day in EMPTY_DAYS:
        return []
    rows: list[UsageRow] = []
    for key in keys:
        rows.extend(_rows_of_key(rng, day, key))
    return rows


def _rows_of_key(rng: random.Random, day: date, key: ApiKey) -> Iterator[UsageRow]:
    batch = key.name == "eval-runner"
    models = {
        "docs-search": ("claude-haiku-4-5-20251001",),
        "assistant-production": ("claude-opus-5", "claude-sonnet-5-5", "claude-haiku-5-5"),
        "assistant-gateway": ("claude-sonnet-5",),
        "eval-runner": ("claude-opus-5-5", "claude-sonnet-5"),
        "prototype": ("claude-sonnet-5",),
    }.get(key.name, ())
    archived = key.workspace.archived_at
    if archived is not None and day.isoformat() > archived[:10]:
        return
    for model in models:
        tier = "batch" if batch else "standard"
        if key.name == "assistant-production" and model == "claude-opus-5":
            # Priority Tier shows its tokens in the usage report and no cost in the cost report.
            tier = "priority" if day.day % 7 == 0 else "standard"
        yield UsageRow(
            day=day.isoformat(),
            minute=rng.randrange(24 * 60),
            account_id=None,
            api_key_id=key.api_key_id,
            workspace_id=key.workspace.reported_id,
            model=model,
            uncached_input=rng.randrange(20_000, 2_400_000),
            output=rng.randrange(5_000, 320_000),
            cache_read=rng.randrange(4_000_000),
            write_5m=rng.randrange(300_000),
            write_1h=rng.randrange(40_000),
            service_tier=tier,
            inference_geo="us" if key.name == "assistant-gateway" else "global",
            service_account_id=key.created_by_id if key.created_by_type != "user" else None,
            web_searches=rng.randrange(30) if key.name == "docs-search" else 0,
            product="message_batches_api" if batch else "messages_api",
            federated_issuer=FEDERATED_ISSUER if key.name == "prototype" else None,
        )
    if key.name == "assistant-production" and day.weekday() == 2:
        # Used in the Console's own playground: no key, no account.
        yield UsageRow(
            day.isoformat(),
            615,
            None,
            None,
            None,
            "claude-opus-5",
            3_210,
            1_987,
            0,
            0,
            0,
            product="claude_console",
        )


def other_charges(rng: random.Random, day: date, workspace_id: str) -> list[CostLine]:
    """Return the charges no token explains: code execution and managed sessions."""
    if day in EMPTY_DAYS:
        return []
    text = day.isoformat()
    lines: list[CostLine] = []
    if day.weekday() < 5:
        seconds = rng.randrange(300, 20_000)
        cents = Decimal(seconds) / 3_600 * 5
        lines.append(
            CostLine(
                text,
                workspace_id,
                "Code Execution Usage",
                "code_execution",
                cents.quantize(Decimal("0.000001")),
            )
        )
    if day.weekday() == 1:
        cents = Decimal(rng.randrange(40, 900)) * Decimal("0.1333")
        lines.append(CostLine(text, None, "Session Usage", "session_usage", cents))
    return lines


def cost_lines(rows: Iterable[UsageRow], others: Iterable[CostLine]) -> list[CostLine]:
    """Return one line per workspace and description of what ``rows`` and ``others`` cost."""
    totals: dict[tuple[str | None, str], Decimal] = defaultdict(Decimal)
    kinds: dict[tuple[str | None, str], CostLine] = {}
    for line in (*(line for row in rows for line in lines_of(row)), *others):
        key = (line.workspace_id, line.description)
        totals[key] += line.amount_cents
        kinds.setdefault(key, line)
    return [CostLine(**{**vars(line), "amount_cents": totals[key]}) for key, line in kinds.items()]


def lines_of(row: UsageRow) -> Iterator[CostLine]:
    """Yield what one usage row costs, a line per kind of token; nothing for Priority Tier."""
    if row.service_tier == "priority":
        return
    price = PRICES[row.model]
    multiplier = BATCH_MULTIPLIER if row.service_tier == "batch" else Decimal(1)
    if row.inference_geo == "us":
        multiplier *= US_MULTIPLIER
    notes = [
        *(["Batch"] if row.service_tier == "batch" else []),
        *(["Long Context"] if row.context_window != "0-200k" else []),
        *(["US"] if row.inference_geo == "us" else []),
    ]
    title = MODEL_TITLES[row.model]
    suffix = f" ({', '.join(notes)})" if notes else ""
    for token_type, tokens, dollars in (
        ("uncached_input_tokens", row.uncached_input, price.input),
        ("output_tokens", row.output, price.output),
        ("cache_read_input_tokens", row.cache_read, price.read),
        ("cache_creation.ephemeral_5m_input_tokens", row.write_5m, price.write_5m),
        ("cache_creation.ephemeral_1h_input_tokens", row.write_1h, price.write_1h),
    ):
        if tokens:
            yield CostLine(
                day=row.day,
                workspace_id=row.workspace_id,
                description=f"{title} Usage - {_TOKEN_TITLES[token_type]}{suffix}",
                cost_type="tokens",
                amount_cents=token_cents(tokens, dollars) * multiplier,
                model=row.model,
                token_type=token_type,
                service_tier=row.service_tier,
                context_window=row.context_window,
                inference_geo=row.inference_geo,
            )
    if row.web_searches:
        cents = row.web_searches * WEB_SEARCH_CENTS
        yield CostLine(row.day, row.workspace_id, "Web Search Usage", "web_search", cents)
