"""A gateway's log of a million requests: pulled from Postgres, stored, staged, built.

The rows are as wide as LiteLLM's own: two kilobytes of JSON each. Postgres runs beside, as it does
where there is a gateway; its time counts, its memory does not.
"""

from __future__ import annotations

import json
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.full_build import dbt
from benchmarks.measuring import Clock, Run, in_process
from benchmarks.postgres import Postgres, postgres

DAYS = 28
_MADE = ("+fct_gateway_usage_daily", "+gateway_reconciliation_daily")
# Tests of what other tables would have to be built for.
_WITHOUT = ("--exclude-resource-type", "unit_test", "--indirect-selection", "buildable")
# Beside what is told of requests, columns that are never read.
_TABLE = """
create table "LiteLLM_SpendLogs" (
    request_id text primary key, call_type text, api_key text, spend double precision,
    total_tokens integer, prompt_tokens integer, completion_tokens integer,
    "startTime" timestamp(3), "endTime" timestamp(3), model text, model_group text,
    custom_llm_provider text, "user" text, metadata jsonb, cache_hit text, request_tags jsonb,
    team_id text, end_user text, messages jsonb, response jsonb, session_id text, status text
)
"""
_MODELS = (
    "array['anthropic/claude-sonnet-4-5-20250929', 'anthropic/claude-opus-4-8',"
    " 'bedrock/eu.anthropic.claude-haiku-4-5-20251001-v1:0', 'azure_ai/claude-sonnet-4-5']"
)
_FILLED = """
insert into "LiteLLM_SpendLogs"
select
    'msg_' || md5(n::text), 'anthropic_messages', md5((n % 400)::text) || md5('key'),
    0.008 + (n % 1000) * 0.000001, 1600, 1504 + n % 300, 50 + n % 900,
    timestamp '{first}' + n * interval '{step} milliseconds',
    timestamp '{first}' + n * interval '{step} milliseconds' + interval '1 second',
    ({models})[1 + n % 4], 'claude', split_part(({models})[1 + n % 4], '/', 1),
    'person-' || n % 400 || '@example.org', $meta${metadata}$meta$::jsonb, 'None',
    $tags$["cost-center:cc-7", "User-Agent: claude-cli/2.1.332 (external, cli)"]$tags$::jsonb,
    'team-' || n % 20, '', '{{}}', '{{}}', md5((n / 20)::text),
    case when n % 50 = 0 then 'failure' else 'success' end
from generate_series(1, {records}) as n
"""


@dataclass(frozen=True)
class Figures:
    """What pulling and storing took, and what dbt did; a peak is of either's own process, in MB."""

    load: Run
    build_seconds: float
    build_peak_megabytes: float

    @property
    def seconds(self) -> float:
        return self.load.total + self.build_seconds

    @property
    def peak_megabytes(self) -> float:
        return max(self.load.peak_megabytes, self.build_peak_megabytes)


def metadata() -> dict[str, Any]:
    """Return what LiteLLM notes of a request, with as much that nobody needs."""
    details = {
        "text_tokens": 4,
        "cached_tokens": 0,
        "cache_creation_token_details": {
            "ephemeral_5m_input_tokens": 500,
            "ephemeral_1h_input_tokens": 1000,
        },
    }
    usage = {
        "prompt_tokens": 1504,
        "cache_read_input_tokens": 0,
        "cache_creation_input_tokens": 1500,
        "prompt_tokens_details": details,
    }
    return {
        "usage_object": usage,
        "additional_usage_values": usage,
        "cost_breakdown": {"input_cost": 0.007, "output_cost": 0.001, "total_cost": 0.008},
        "user_api_key_alias": "key of somebody",
        "user_api_key_team_alias": "A team",
        "model_map_information": {f"field_{n}": n * 1.5 for n in range(60)},
    }


def measure(*, records: int) -> Figures:
    """Fill a Postgres, load it into an empty warehouse, build and test all that is made of it."""
    with tempfile.TemporaryDirectory() as made, postgres() as server:
        path, folder = Path(made) / "warehouse.duckdb", Path(made)
        _fill(server, records)
        load = in_process(_load, server.url("postgres"), path)
        dbt(path, folder, folder, "seed")
        began = time.perf_counter()
        used = dbt(path, folder, folder, "build", *_WITHOUT, "--select", *_MADE)
        return Figures(load, time.perf_counter() - began, used.ru_maxrss / 1024)


def _fill(server: Postgres, records: int) -> None:
    first = datetime.now(UTC).date() - timedelta(days=DAYS)
    step = DAYS * 86_400_000 // records
    server.run(_TABLE)
    server.run(
        _FILLED.format(
            first=first,
            step=step,
            models=_MODELS,
            metadata=json.dumps(metadata()),
            records=records,
        )
    )
    server.run('create index on "LiteLLM_SpendLogs" ("startTime"); analyze "LiteLLM_SpendLogs"')


def _load(url: str, path: Path) -> dict[str, float]:
    from pydantic import SecretStr

    from ingestion.litellm.load import load_litellm
    from ingestion.settings import Settings

    settings = Settings(
        litellm_database_url=SecretStr(url),
        litellm_tag_namespace="cost-center",
        identity_salt=SecretStr("salt-of-a-benchmark"),
        warehouse_path=path,
    )
    clock = Clock()
    start = datetime.now(UTC).date() - timedelta(days=DAYS)
    with clock.time("load"):
        report = load_litellm(settings, run_id="benchmark", start=start)
    if report.failures:
        raise RuntimeError(str(report.failures[0]))
    return clock.seconds
