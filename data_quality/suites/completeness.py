"""The suite of ``data_completeness``: is everything there, and is it counted right?"""

from __future__ import annotations

from data_quality.checks import RowsCheck, Suite
from data_quality.suites.building import not_null, one_of, row_count

_REPORTS = ("usage_report_claude_code", "usage_report_messages", "cost_report")
_REPORT_LIST = ", ".join(f"'{endpoint}'" for endpoint in _REPORTS)

_SUITE = Suite(
    "data_completeness",
    (
        row_count(
            at_least="select count(*) from raw_ledger",
            at_most="select count(*) from raw_ledger",
            description="There is one row for each window in the ledgers.",
        ),
        not_null("window_key"),
        one_of("completeness_status", ("complete", "partial", "failed")),
        RowsCheck(
            name="stored_records_agree_with_the_ledger",
            description="Each report or directory window holds as many raw records as the ledger"
            " counted. A repository holds at least as many: a sync that failed halfway has stored"
            " what the ledger does not count yet.",
            rows="""
select
    source,
    endpoint,
    window_key,
    coalesce(stored.record_count, 0) as stored_count,
    coalesce(ledger.record_count, 0) as ledger_count,
    case
        when source = 'github' then stored_count >= ledger_count
        else stored_count = ledger_count
    end as holds,
from raw_windows as stored
full join (
    select source, endpoint, window_key, record_count
    from raw_ledger
    where endpoint in (select endpoint from raw_endpoints)
) as ledger using (source, endpoint, window_key)
""",
        ),
        RowsCheck(
            name="complete_windows_are_stored",
            description="What the ledger calls complete has pages, commits or pull requests in"
            " the raw table, unless it counted none.",
            rows="""
select
    ledger.source,
    ledger.endpoint,
    ledger.window_key,
    ledger.record_count,
    stored.window_key is not null
        or (ledger.source = 'github' and ledger.record_count = 0) as holds,
from raw_ledger as ledger
left join raw_windows as stored using (source, endpoint, window_key)
where ledger.status = 'complete' and endpoint in (select endpoint from raw_endpoints)
""",
        ),
        RowsCheck(
            name="days_between_first_and_last_are_complete",
            description="Each report is complete for every day from its first to its last complete"
            " day.",
            blocking=False,
            rows=f"""
with complete as (
    select endpoint, cast(window_started_at as date) as usage_date
    from marts.data_completeness
    where is_complete and endpoint in ({_REPORT_LIST})
),
days as (
    select
        endpoint,
        cast(unnest(generate_series(min(usage_date), max(usage_date), interval 1 day)) as date)
            as usage_date,
    from complete
    group by endpoint
)
select endpoint, usage_date, complete.usage_date is not null as holds,
from days left join complete using (endpoint, usage_date)
""",
        ),
        RowsCheck(
            name="no_window_has_failed",
            description="No window is failed, and none carries the error of its last try.",
            blocking=False,
            rows="""
select
    source_system,
    endpoint,
    window_key,
    completeness_status,
    completeness_status <> 'failed' and error_message is null as holds,
from marts.data_completeness
""",
        ),
        RowsCheck(
            name="error_messages_have_no_mail_address",
            description="Errors of the ledger are shown without mail addresses.",
            rows=r"""
select
    source_system,
    endpoint,
    window_key,
    error_message is null or not regexp_matches(error_message, '[^\s@]+@[^\s@]+\.[^\s@]+') as holds,
from marts.data_completeness
""",
        ),
    ),
    keys=("source_system", "endpoint", "window_key"),
)

SUITES = (_SUITE,)
