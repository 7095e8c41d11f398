"""Suites of what several sources tell of: which one counts, and what fills the context."""

from __future__ import annotations

from data_quality.checks import RowsCheck, Suite
from data_quality.suites.building import not_negative, row_count

_TABLE = "context_efficiency_monthly"

_SUITE = Suite(
    _TABLE,
    (
        row_count(
            at_least="select least(1, count(*)) from marts.usage_source_comparison_daily",
            at_most="select if(count(*) = 0, 0, null) from marts.usage_source_comparison_daily",
            description="There are rows when any source tells of use.",
        ),
        not_negative("spent_usd"),
        not_negative("saving_usd"),
        RowsCheck(
            name="compactions_agree_with_raw_by_month",
            description="Requests of compaction that telemetry has sent are each in one person's"
            " and one team's month, and in the organisation's.",
            rows=f"""
with raw as (
    select
        date_trunc('month', make_timestamp(time_ns // 1000))::date as month_start_date,
        count(distinct coalesce(
            request_id,
            md5(concat_ws('/', machine_key, session_id, prompt_id, time_ns, event_sequence))
        )) as request_count,
    from raw_telemetry.events
    where event_name = 'api_request' and query_source = 'compact' group by all
),
kinds as (select unnest(['organization', 'team', 'person']) as scope_type),
mart as (
    select month_start_date, scope_type, sum(request_count) as request_count
    from marts.{_TABLE} where lever = 'compaction' group by all
)
select
    month_start_date,
    scope_type,
    coalesce(raw.request_count, 0) as raw_request_count,
    coalesce(mart.request_count, 0) as mart_request_count,
    raw_request_count = mart_request_count as holds,
from (from raw cross join kinds) as raw full join mart using (month_start_date, scope_type)
""",
        ),
        RowsCheck(
            name="a_lever_saves_no_more_than_is_spent",
            description="A saving is a part of what is spent, and one that is null has a reason.",
            rows=f"""
select
    month_start_date,
    scope_type,
    lever,
    spent_usd,
    saving_usd,
    if(saving_usd is null, saving_unknown_reason is not null, saving_usd <= spent_usd) as holds,
from marts.{_TABLE}
""",
        ),
    ),
    keys=("month_start_date", "scope_type", "lever"),
)

_FACTS = " union all ".join(
    f"select usage_date from marts.{fact}"
    for fact in (
        "fct_claude_code_model_usage_daily",
        "fct_gateway_usage_daily",
        "fct_telemetry_usage_daily",
        "fct_local_usage_daily",
    )
)
_COMPARISON_SUITE = Suite(
    "usage_source_comparison_daily",
    (
        row_count(
            at_least=f"select least(1, count(*)) from ({_FACTS})",
            at_most=f"select if(count(*) = 0, 0, null) from ({_FACTS})",
            description="There are rows when any source tells of use.",
        ),
        not_negative("tokens_of_record"),
        RowsCheck(
            name="what_counts_is_of_one_source",
            description="Tokens that count are those of the source that counts, and never a sum of"
            " sources of one way to the model.",
            rows="""
select
    usage_date,
    model,
    source_of_record,
    tokens_of_record,
    case source_of_record
        when 'admin' then tokens_of_record = coalesce(admin_tokens, 0)
        when 'gateway' then tokens_of_record = coalesce(gateway_tokens, 0)
        when 'telemetry' then tokens_of_record = coalesce(telemetry_tokens, 0)
        when 'local' then tokens_of_record = coalesce(local_tokens, 0)
        when 'none' then tokens_of_record = 0
        else tokens_of_record <= coalesce(admin_tokens, 0) + coalesce(gateway_tokens, 0)
            + coalesce(telemetry_tokens, 0) + coalesce(local_tokens, 0)
    end as holds,
from marts.usage_source_comparison_daily
""",
        ),
    ),
    keys=("usage_date", "model"),
)

_COVERAGE_SUITE = Suite(
    "usage_source_coverage_daily",
    (
        row_count(
            at_least="select least(1, count(*)) from marts.usage_source_comparison_daily",
            at_most="select if(count(*) = 0, 0, null) from marts.usage_source_comparison_daily",
            description="There are rows when any source tells of use.",
        ),
        RowsCheck(
            name="what_counts_is_the_comparisons",
            description="Tokens that count add up over sources to those of the comparison, and no"
            " source sees more than counts.",
            rows="""
with coverage as (
    select
        usage_date,
        sum(tokens_of_record) as tokens,
        bool_and(seen_tokens_of_record <= tokens_of_record_of_all) as is_within,
    from marts.usage_source_coverage_daily group by all
),
compared as (
    select usage_date, sum(tokens_of_record) as compared_tokens
    from marts.usage_source_comparison_daily group by all
)
select
    usage_date,
    coalesce(tokens, 0) as covered_tokens,
    coalesce(compared_tokens, 0) as record_tokens,
    covered_tokens = record_tokens and coalesce(is_within, true) as holds,
from coverage full join compared using (usage_date)
""",
        ),
    ),
    keys=("usage_date",),
)

SUITES = (_COMPARISON_SUITE, _COVERAGE_SUITE, _SUITE)
