"""The gateway's log by its API, for gateways whose database cannot be reached: a page at a time."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import date, datetime

import duckdb
import pyarrow as pa
from msgspec import Struct

from ingestion.errors import ConfigurationError, Request, UnexpectedAnswer
from ingestion.http import ApiClient, RetryPolicy
from ingestion.settings import Settings
from ingestion.windows import ONE_DAY

LOGS = "/spend/logs/v2"
ACTIVITY = "/user/daily/activity"
READINESS = "/health/readiness"
# The most that the proxy gives.
PAGE_SIZE = 1_000
LONGEST_PAGES = 100_000


class LogRow(Struct):
    """What a request must have to be told from others."""

    request_id: str
    startTime: datetime


class LogPage(Struct):
    data: list[LogRow]
    # A total that is capped says nothing.
    total_pages: int | None = None
    total_is_capped: bool = False


class Metrics(Struct):
    spend: float


class ActivityDay(Struct):
    date: str
    metrics: Metrics


class ActivityMetadata(Struct):
    has_more: bool = False


class ActivityPage(Struct):
    results: list[ActivityDay]
    metadata: ActivityMetadata


# Where the answer has the columns of `columns.REQUEST`; of the log first, then of its metadata.
_IN_LOG = {
    "request_id": "request_id",
    "call_type": "call_type",
    "api_key": "api_key",
    "team_id": "team_id",
    "organization_id": "organization_id",
    "user_id": "user",
    "end_user": "end_user",
    "session_id": "session_id",
    "started_at": "startTime",
    "ended_at": "endTime",
    "model": "model",
    "model_group": "model_group",
    "custom_llm_provider": "custom_llm_provider",
    "status": "status",
    "cache_hit": "cache_hit",
    "spend": "spend",
    "prompt_tokens": "prompt_tokens",
    "completion_tokens": "completion_tokens",
    "request_tags": "request_tags",
}
_WRITES = "prompt_tokens_details.cache_creation_token_details"
_USAGE = {
    "text_tokens": ("prompt_tokens_details.text_tokens",),
    "cache_read_input_tokens": ("cache_read_input_tokens",),
    "cache_creation_input_tokens": ("cache_creation_input_tokens",),
    "ephemeral_5m_input_tokens": (
        f"{_WRITES}.ephemeral_5m_input_tokens",
        "cache_creation.ephemeral_5m_input_tokens",
    ),
    "ephemeral_1h_input_tokens": (
        f"{_WRITES}.ephemeral_1h_input_tokens",
        "cache_creation.ephemeral_1h_input_tokens",
    ),
    "speed": ("speed",),
    "inference_geo": ("inference_geo",),
}
_IN_METADATA = {
    "key_alias": ("user_api_key_alias",),
    "team_alias": ("user_api_key_team_alias",),
    "user_email": ("user_api_key_user_email",),
    "status_told": ("status",),
    **{
        name: tuple(
            f"{holder}.{path}"
            for path in paths
            for holder in ("usage_object", "additional_usage_values")
        )
        for name, paths in _USAGE.items()
    },
    **{
        name: (f"cost_breakdown.{name}",)
        for name in (
            "input_cost",
            "output_cost",
            "cache_read_cost",
            "cache_creation_cost",
            "tool_usage_cost",
            "vertex_location",
        )
    },
    "service_tier": (
        "cost_breakdown.service_tier",
        "usage_object.service_tier",
        "additional_usage_values.service_tier",
    ),
}


def _metadata(paths: tuple[str, ...]) -> str:
    found = ", ".join(f"metadata ->> '$.{path}'" for path in paths)
    return f"coalesce({found})"


_OF_LOG = ", ".join(f"log ->> '$.{path}' as {name}" for name, path in _IN_LOG.items())
_OF_METADATA = ", ".join(f"{_metadata(paths)} as {name}" for name, paths in _IN_METADATA.items())
# Some versions write JSON into a text.
_REQUESTS = f"""
with logs as (
    select unnest(from_json($body, '{{"data": ["JSON"]}}').data) as log
),
opened as (
    select log, log ->> '$.metadata' as text from logs
),
read as (
    select log, cast(case when json_valid(text) then text else '{{}}' end as json) as metadata
    from opened
)
select
    {_OF_LOG},
    {_OF_METADATA},
from read
-- The first instant of the next day is asked for, too.
where cast(cast(log ->> '$.startTime' as timestamptz) as date) = $day
"""

_TOTALS = """
with days as (
    select unnest(from_json($body, '{"results": ["JSON"]}').results) as day
)
select
    'user' as entity,
    day ->> '$.date' as usage_date,
    day ->> '$.metrics.spend' as spend_usd,
    day ->> '$.metrics.prompt_tokens' as prompt_tokens,
    day ->> '$.metrics.completion_tokens' as completion_tokens,
    day ->> '$.metrics.cache_read_input_tokens' as cache_read_input_tokens,
    day ->> '$.metrics.cache_creation_input_tokens' as cache_creation_input_tokens,
    day ->> '$.metrics.api_requests' as api_requests,
    day ->> '$.metrics.failed_requests' as failed_requests,
from days
"""


def open_client(settings: Settings, retry: RetryPolicy) -> ApiClient:
    """Return a client of the proxy.

    Raises:
        ConfigurationError: URL or key is not set.
    """
    if settings.litellm_base_url is None or settings.litellm_api_key is None:
        raise ConfigurationError("LITELLM_BASE_URL and LITELLM_API_KEY must be set together")
    key = settings.litellm_api_key.get_secret_value()
    return ApiClient(
        base_url=settings.litellm_base_url,
        headers={"Authorization": f"Bearer {key}"},
        request_id_header="x-litellm-call-id",
        # Each page is a query of the gateway's database.
        concurrency=2,
        setting="LITELLM_BASE_URL",
        retry=retry,
    )


async def pages_of_day(
    client: ApiClient, connection: duckdb.DuckDBPyConnection, day: date, now: datetime
) -> AsyncGenerator[pa.Table]:
    """Yield the requests of a UTC day, a page a table with the columns of `columns.REQUEST`.

    Asked up to the first instant of the next day: the proxy takes whole seconds and includes both
    ends, so that the last second's requests would be missing before it. Of today up to ``now``:
    the newest come first, and later ones would push others from page to page.

    Args:
        connection: an in-memory DuckDB whose time zone is UTC.

    Raises:
        RequestError: a page could not be had.
    """
    request = Request(LOGS, str(day))
    end = min(f"{day + ONE_DAY:%Y-%m-%d} 00:00:00", f"{now:%Y-%m-%d %H:%M:%S}")
    bounds = [("start_date", f"{day:%Y-%m-%d} 00:00:00"), ("end_date", end)]
    for number in range(1, LONGEST_PAGES + 1):
        page = [("page", str(number)), ("page_size", str(PAGE_SIZE))]
        answer = await client.get(request, LOGS, [*bounds, *page], LogPage)
        found = answer.value
        if not found.data:
            return
        yield _rows(connection, _REQUESTS, answer.body, day=day)
        is_counted = found.total_pages is not None and not found.total_is_capped
        if is_counted and number >= (found.total_pages or 0):
            return
    raise UnexpectedAnswer(request, f"more than {LONGEST_PAGES:,} pages", status=200)


async def totals_of_days(
    client: ApiClient, connection: duckdb.DuckDBPyConnection, first: date, last: date
) -> AsyncGenerator[pa.Table]:
    """Yield the gateway's own sums of days, the parts of each day that a page has.

    Raises:
        RequestError: a page could not be had.
    """
    request = Request(ACTIVITY, f"{first} to {last}")
    bounds = [("start_date", str(first)), ("end_date", str(last))]
    for number in range(1, LONGEST_PAGES + 1):
        page = [("page", str(number)), ("page_size", str(PAGE_SIZE))]
        answer = await client.get(request, ACTIVITY, [*bounds, *page], ActivityPage)
        if answer.value.results:
            yield _rows(connection, _TOTALS, answer.body)
        if not answer.value.metadata.has_more:
            return
    raise UnexpectedAnswer(request, f"more than {LONGEST_PAGES:,} pages", status=200)


def _rows(connection: duckdb.DuckDBPyConnection, query: str, body: bytes, **more: date) -> pa.Table:
    return connection.execute(query, {"body": body.decode(), **more}).to_arrow_table()
