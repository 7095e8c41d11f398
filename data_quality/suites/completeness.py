"""The suite of ``data_completeness``: is everything there, and is it counted right?"""

from __future__ import annotations

from data_quality.checks import RowsCheck, Suite
from data_quality.registers import REPORTS, WITHOUT_DAYS
from data_quality.suites.building import not_negative, row_count

# A day is there when either report of its family has it. Details come where their report does.
_FAMILY_VALUES = ", ".join(
    f"('{report.table.name}', '{report.organization}, {report.family}')"
    for report in REPORTS
    if not report.details_of
)

_SUITE = Suite(
    "data_completeness",
    (
        row_count(
            at_least="select count(*) from raw_ledger",
            at_most="select count(*) from raw_ledger",
            description="There is one row for each window in the ledgers.",
        ),
        not_negative("revision_count"),
        RowsCheck(
            name="revised_windows_keep_what_they_said",
            description="A window that the ledger calls revised has the records that it lost or"
            " gained, and the other way round.",
            rows="""
with kept as (
    select
        source as source_system,
        endpoint,
        window_key,
        count(distinct revised_at) as revision_count,
    from raw_revisions group by all
)
select
    endpoint,
    window_key,
    coalesce(completeness.revision_count, 0) as ledger_count,
    coalesce(kept.revision_count, 0) as kept_count,
    ledger_count = kept_count as holds,
from marts.data_completeness as completeness
full join kept using (source_system, endpoint, window_key)
""",
        ),
        RowsCheck(
            name="stored_records_agree_with_the_ledger",
            description="Each report or directory window holds as many raw records as the ledger"
            " counted. A repository holds at least as many: a sync that failed halfway has stored"
            " what the ledger does not count yet.",
            rows=f"""
select
    source,
    endpoint,
    window_key,
    coalesce(stored.record_count, 0) as stored_count,
    coalesce(ledger.record_count, 0) as ledger_count,
    case
        when source in ({WITHOUT_DAYS}) then stored_count >= ledger_count
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
            rows=f"""
select
    ledger.source,
    ledger.endpoint,
    ledger.window_key,
    ledger.record_count,
    stored.window_key is not null
        or (ledger.source in ({WITHOUT_DAYS}) and ledger.record_count = 0) as holds,
from raw_ledger as ledger
left join raw_windows as stored using (source, endpoint, window_key)
where ledger.status = 'complete' and endpoint in (select endpoint from raw_endpoints)
""",
        ),
        RowsCheck(
            name="days_between_first_and_last_are_complete",
            description="Each family of reports is complete for every day from its first to its"
            " last complete day.",
            blocking=False,
            rows=f"""
with complete as (
    select distinct family, cast(window_started_at as date) as usage_date
    from marts.data_completeness
    join (values {_FAMILY_VALUES}) as families(endpoint, family) using (endpoint)
    where is_complete
),
days as (
    select
        family,
        cast(unnest(generate_series(min(usage_date), max(usage_date), interval 1 day)) as date)
            as usage_date,
    from complete
    group by family
)
select family, usage_date, complete.usage_date is not null as holds,
from days left join complete using (family, usage_date)
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
            name="no_source_lags_behind_the_others",
            description="Each source was read at most three days before the one that was read"
            " last. One that was not read for a month is taken to be given up.",
            blocking=False,
            rows="""
with sources as (
    select source_system, max(last_fetched_at) filter (is_complete) as last_read_at
    from marts.data_completeness group by source_system
)
select
    source_system,
    last_read_at,
    max(last_read_at) over () as newest_read_at,
    'see claude-usage doctor, then claude-usage run' as what_to_do,
    last_read_at is null
        or newest_read_at - last_read_at not between interval 3 days and interval 30 days as holds,
from sources
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
