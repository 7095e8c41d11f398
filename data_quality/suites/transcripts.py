"""The suite of what machines' transcripts hold."""

from __future__ import annotations

from data_quality.checks import RowsCheck, Suite
from data_quality.suites.building import not_negative, rows_from
from ingestion.local.tables import RESPONSES, TOKENS

_SUMS = ",\n        ".join(f"sum({name}) as {name}" for name in TOKENS)
_SAME = "\n        and ".join(f"raw.{name} = marts.{name}" for name in TOKENS)

_SUITE = Suite(
    "fct_local_usage_daily",
    (
        rows_from(f"select count(*) from {RESPONSES.qualified_name}", what="responses"),
        *(not_negative(column) for column in ("response_count", *TOKENS, "list_cost_usd")),
        RowsCheck(
            name="responses_agree_with_raw_by_day",
            description="Responses and each kind of token of a day add up to the raw responses of"
            " that day.",
            rows=f"""
with raw as (
    select
        cast(first_at at time zone 'UTC' as date) as usage_date,
        count(*) as response_count,
        {_SUMS},
    from {RESPONSES.qualified_name} group by all
),
marts as (
    select
        usage_date,
        sum(response_count) as response_count,
        {_SUMS},
    from marts.fct_local_usage_daily group by all
)
select
    usage_date,
    raw.response_count as raw_response_count,
    marts.response_count as mart_response_count,
    coalesce(
        raw_response_count = mart_response_count
        and {_SAME}, false
    ) as holds,
from raw full join marts using (usage_date)
""",
        ),
    ),
)

SUITES = (_SUITE,)
