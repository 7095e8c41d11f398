"""The suite of what went through gateways."""

from __future__ import annotations

from data_quality.checks import RowsCheck, Suite
from data_quality.suites.building import not_negative, rows_from
from ingestion.litellm.tables import DAILY_TOTALS, REQUESTS

_USAGE = "fct_gateway_usage_daily"
_COUNTS = (
    "request_count",
    "failed_request_count",
    "uncached_input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_creation_5m_tokens",
    "cache_creation_1h_tokens",
    "claimed_cost_usd",
)
# Sums of doubles, as the gateway keeps them.
_NOISE = "0.0000005"

_SUITE = Suite(
    _USAGE,
    (
        rows_from(f"select count(*) from {REQUESTS.qualified_name}", what="requests"),
        *(not_negative(column) for column in _COUNTS),
        RowsCheck(
            name="requests_agree_with_raw_by_day",
            description="Requests, failures, output and claimed cost of a day add up to the raw"
            " requests of that day, and so do input and cached tokens where the input holds them.",
            rows=f"""
with raw as (
    select
        cast(started_at at time zone 'UTC' as date) as usage_date,
        count(*) as request_count,
        count(*) filter (status <> 'success') as failed_request_count,
        coalesce(sum(spend_usd), 0) as claimed_cost_usd,
        coalesce(sum(completion_tokens) filter (is_usage), 0) as output_tokens,
        coalesce(sum(prompt_tokens) filter (is_usage), 0) as input_tokens,
        count(*) filter (is_usage and prompt_tokens < cached_tokens) as odd_count,
    from (
        select
            *,
            status = 'success' and lower(coalesce(cache_hit, '')) <> 'true' as is_usage,
            coalesce(cache_read_tokens, 0) + coalesce(cache_creation_tokens, 0) as cached_tokens,
        from {REQUESTS.qualified_name}
    )
    group by all
),
marts as (
    select
        usage_date,
        sum(request_count) as request_count,
        sum(failed_request_count) as failed_request_count,
        coalesce(sum(claimed_cost_usd), 0) as claimed_cost_usd,
        coalesce(sum(output_tokens), 0) as output_tokens,
        coalesce(sum(
            coalesce(uncached_input_tokens, 0) + coalesce(cache_read_tokens, 0)
            + coalesce(cache_creation_5m_tokens, 0) + coalesce(cache_creation_1h_tokens, 0)
        ), 0) as input_tokens,
    from marts.{_USAGE} group by all
)
select
    usage_date,
    raw.request_count as raw_request_count,
    marts.request_count as mart_request_count,
    raw.claimed_cost_usd as raw_cost_usd,
    marts.claimed_cost_usd as mart_cost_usd,
    raw_request_count = mart_request_count
        and raw.failed_request_count = marts.failed_request_count
        and raw_cost_usd = mart_cost_usd
        and raw.output_tokens = marts.output_tokens
        and (raw.odd_count > 0 or raw.input_tokens = marts.input_tokens) as holds,
from raw full join marts using (usage_date)
""",
        ),
        RowsCheck(
            name="requests_agree_with_the_gateways_own_sums",
            description="On each day that was read whole, requests and claimed cost are those that"
            " the gateway added up itself. Fewer: its log was switched off, or pruned before it was"
            " read.",
            blocking=False,
            rows=f"""
with read_days as (
    select cast(window_started_at as date) as usage_date
    from marts.data_completeness
    where source_system = '{REQUESTS.source}' and endpoint = '{REQUESTS.name}' and is_complete
),
marts as (
    select
        usage_date,
        sum(request_count) as request_count,
        sum(claimed_cost_usd) as claimed_cost_usd,
    from marts.{_USAGE} group by all
)
select
    totals.usage_date,
    totals.request_count as gateway_request_count,
    coalesce(marts.request_count, 0) as mart_request_count,
    totals.spend_usd as gateway_cost_usd,
    coalesce(marts.claimed_cost_usd, 0) as mart_cost_usd,
    gateway_request_count = mart_request_count
        and abs(gateway_cost_usd - mart_cost_usd) <= {_NOISE} as holds,
from {DAILY_TOTALS.qualified_name} as totals
semi join read_days using (usage_date)
left join marts using (usage_date)
where totals.entity = 'user'
""",
        ),
        RowsCheck(
            name="most_requests_are_of_known_models",
            description="At most a tenth of the requests is of models that the log names as no"
            " Claude model is named.",
            blocking=False,
            rows=f"""
select
    coalesce(sum(request_count), 0) as all_requests,
    coalesce(sum(request_count) filter (model = 'unmapped'), 0) as unmapped_requests,
    unmapped_requests * 10 <= all_requests as holds,
from marts.{_USAGE}
""",
        ),
    ),
    keys=("usage_date",),
)

_RECONCILIATION = "gateway_reconciliation_daily"
_RECONCILED = Suite(
    _RECONCILIATION,
    (
        rows_from(
            f"select count(*) from (select usage_date from marts.{_USAGE} union"
            f" select usage_date from {DAILY_TOTALS.qualified_name} where entity = 'user')",
            what="days with requests or the gateway's own sums",
        ),
        RowsCheck(
            name="claims_are_those_of_the_requests",
            description="Requests, claimed cost and list price of a day are those of its requests.",
            rows=f"""
with usage as (
    select
        usage_date,
        sum(request_count) as request_count,
        sum(claimed_cost_usd) as claimed_cost_usd,
    from marts.{_USAGE} group by all
)
select
    usage_date,
    coalesce(usage.request_count, 0) as usage_request_count,
    coalesce(days.request_count, 0) as day_request_count,
    usage_request_count = day_request_count
        and coalesce(usage.claimed_cost_usd, 0) = coalesce(days.claimed_cost_usd, 0)
        and days.claimed_above_list_usd = days.priced_claimed_cost_usd - days.list_cost_usd
        as holds,
from usage full join marts.{_RECONCILIATION} as days using (usage_date)
""",
        ),
    ),
    keys=("usage_date",),
)

SUITES = (_SUITE, _RECONCILED)
