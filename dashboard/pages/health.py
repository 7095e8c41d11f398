"""Can the figures be relied on: what was read and revised, what was checked, what file it is."""

from __future__ import annotations

from dashboard import charts
from dashboard.conditions import IN_DAYS
from dashboard.model import DATES, Chart, Column, Figure, Page, Section, Table

COMPLETE = Figure(
    "complete_days",
    "Days with every report",
    "ratio",
    f"""
    select
        count(*) filter (is_complete_day) / nullif(count(*), 0) as value,
        count(*) filter (is_complete_day) || ' of ' || count(*) || ' days' as detail
    from coverage_daily
    where {IN_DAYS}
    """,
    DATES,
    "coverage_daily.is_complete_day",
)
FAILED = Figure(
    "failed_windows",
    "Windows that failed",
    "count",
    """
    select
        count(*) filter (completeness_status = 'failed') as value,
        count(*) filter (completeness_status = 'partial') || ' are partial' as detail
    from data_completeness
    """,
    frozenset(),
    "data_completeness.completeness_status",
)
READ = Figure(
    "last_read",
    "Last read, UTC",
    "date",
    """
    select
        max(last_fetched_at) as value,
        'oldest of a source: ' || strftime(min(last_of_source), '%Y-%m-%d %H:%M') as detail
    from (
        select
            max(last_fetched_at) as last_fetched_at,
            max(last_fetched_at) as last_of_source
        from data_completeness
        group by source_system
    )
    """,
    frozenset(),
    "data_completeness.last_fetched_at",
)
CALENDAR = Chart(
    "calendar",
    "What is read of each day",
    f"""
    select
        usage_date,
        replace(replace(report, '_status', ''), '_', ' ') as report,
        replace(status, '_', ' ') as status
    from (
        unpivot (
            select usage_date, columns('(console|enterprise)_.*_status')
            from coverage_daily
            where {IN_DAYS}
        ) on columns(* exclude (usage_date)) into name report value status
    )
    where report in (
        select report
        from (
            unpivot (select columns('(console|enterprise)_.*_status') from coverage_daily)
            on columns(*) into name report value status
        )
        where status <> 'not_read'
    )
    order by usage_date, report
    """,
    (
        Column("usage_date", "Day", "date"),
        Column("report", "Report"),
        Column("status", "State"),
    ),
    DATES,
    "coverage_daily.console_cost_status",
    marks=lambda: charts.calendar("usage_date", "report", "status"),
    says="A cell for each day and report: complete, partial, missing or not read.",
)
AS_OF = Table(
    "as_of",
    "As of when",
    """
    select
        source_system || ' ' || endpoint as report,
        min(window_started_at)::date as first_day,
        max(window_started_at) filter (is_complete)::date as last_complete_day,
        max(last_fetched_at) as last_read_at,
        count(*) filter (completeness_status = 'complete') as complete_count,
        count(*) filter (completeness_status <> 'complete') as other_count,
        sum(unread_item_count) as unread_count,
        sum(duplicate_row_count) as duplicate_count
    from data_completeness
    group by source_system, endpoint
    order by report
    """,
    (
        Column("report", "Source and report"),
        Column("first_day", "First day", "date"),
        Column("last_complete_day", "Last complete day", "date"),
        Column("last_read_at", "Last read, UTC", "date"),
        Column("complete_count", "Complete windows", "count"),
        Column("other_count", "Others", "count"),
        Column("unread_count", "Items not read", "count"),
        Column("duplicate_count", "Rows twice", "count"),
    ),
    frozenset(),
    "data_completeness.is_complete",
)
PROBLEMS = Table(
    "problems",
    "What went wrong",
    """
    select
        source_system || ' ' || endpoint as report,
        window_key,
        completeness_status,
        last_fetched_at,
        error_message
    from data_completeness
    where completeness_status <> 'complete' or error_message is not null
    order by last_fetched_at desc, report, window_key
    """,
    (
        Column("report", "Source and report"),
        Column("window_key", "Day or repository"),
        Column("completeness_status", "State"),
        Column("last_fetched_at", "Last tried, UTC", "date"),
        Column("error_message", "Why"),
    ),
    frozenset(),
    "data_completeness.error_message",
    empty="Nothing failed, and nothing was left unread.",
)
REVISED = Table(
    "revised",
    "What sources reported before",
    f"""
    select
        usage_date,
        report,
        metric,
        unit,
        arg_min(figure, read_at) as first_said,
        arg_max(figure, read_at) as says_now,
        min(read_at) as first_read_at,
        max(read_at) as last_read_at
    from (
        select usage_date, report, metric, unit, read_at, sum(figure) as figure
        from report_revisions
        where {IN_DAYS}
        group by all
    )
    group by usage_date, report, metric, unit
    having first_said <> says_now
    order by usage_date desc, report, metric
    """,
    (
        Column("usage_date", "Day", "date"),
        Column("report", "Report"),
        Column("metric", "Figure"),
        Column("first_said", "Said first", "count"),
        Column("says_now", "Says now", "count"),
        Column("first_read_at", "First read, UTC", "date"),
        Column("last_read_at", "Last changed, UTC", "date"),
    ),
    DATES,
    "report_revisions.figure",
    empty="No figure of these days was revised after it was first read.",
)
UNMAPPED = Table(
    "unmapped",
    "Whom nobody is found for",
    """
    select
        identity_type,
        masked_identity,
        commit_count,
        pull_request_count,
        claude_code_record_count,
        request_count,
        first_seen_date,
        last_seen_date
    from unmapped_identities
    order by last_seen_date desc, identity_type, masked_identity
    """,
    (
        Column("identity_type", "Kind"),
        Column("masked_identity", "Identity, masked"),
        Column("commit_count", "Commits", "count"),
        Column("pull_request_count", "Pull requests", "count"),
        Column("claude_code_record_count", "Claude Code records", "count"),
        Column("request_count", "Requests of a hash", "count"),
        Column("first_seen_date", "First", "date"),
        Column("last_seen_date", "Last", "date"),
    ),
    frozenset(),
    "unmapped_identities.masked_identity",
    empty="Every identity leads to a person, or none may be shown at this level of privacy.",
)
CHECKS_HOLD = Figure(
    "checks_hold",
    "Checks that hold",
    "count",
    """
    select
        case when count(*) > 0 then count(*) filter (is_passed) end as value,
        case
            when count(*) > 0
                then 'of ' || count(*) || ', last ran '
                    || strftime(max(checked_at), '%Y-%m-%d %H:%M')
            else 'the file tells of none'
        end as detail
    from quality.checks
    """,
    frozenset(),
    "quality.checks.checked_at",
)
CHECKS_FAILED = Figure(
    "checks_failed",
    "Checks that do not hold",
    "count",
    """
    select
        case when count(*) > 0 then count(*) filter (not is_passed) end as value,
        case
            when count(*) > 0
                then count(*) filter (not is_passed and is_blocking) || ' of them block publishing'
            else 'the file tells of none'
        end as detail
    from quality.checks
    """,
    frozenset(),
    "quality.checks.is_passed",
)
SOURCES = Table(
    "sources",
    "Where several sources tell of the same use, do they agree?",
    f"""
    select
        source_of_record,
        coalesce(compared_source, 'none') as beside,
        replace(difference_reason, '_', ' ') as because,
        count(*) as row_count,
        sum(tokens_of_record) as tokens,
        sum(difference_tokens) as difference,
        sum(difference_tokens) / nullif(sum(tokens_of_record), 0) as share
    from usage_source_comparison_daily
    where {IN_DAYS}
    group by source_of_record, beside, because
    order by tokens desc, source_of_record, beside, because
    """,
    (
        Column("source_of_record", "Counts"),
        Column("beside", "Beside it"),
        Column("because", "How it differs"),
        Column("row_count", "Days of people and models", "count"),
        Column("tokens", "Tokens that count", "tokens"),
        Column("difference", "More or less beside it", "tokens"),
        Column("share", "Share", "ratio"),
    ),
    DATES,
    "usage_source_comparison_daily.difference_reason",
    empty="Neither reports, gateways, telemetry nor transcripts tell of these days.",
)
SOURCE_COVERAGE = Chart(
    "source_coverage",
    "How much of what counts does each source see?",
    f"""
    select
        usage_date,
        case usage_source
            when 'admin' then 'Anthropic’s report'
            when 'gateway' then 'Gateways'
            when 'telemetry' then 'Telemetry'
            else 'Transcripts'
        end as source,
        seen_ratio,
        tokens_of_record_ratio,
        tokens,
        tokens_of_nobody,
        person_count,
        only_here_person_count
    from usage_source_coverage_daily
    where {IN_DAYS}
    order by usage_date, source
    """,
    (
        Column("usage_date", "Day", "date"),
        Column("source", "Source"),
        Column("seen_ratio", "Sees of what counts", "ratio"),
        Column("tokens_of_record_ratio", "Gives of what counts", "ratio"),
        Column("tokens", "Tokens it tells", "tokens"),
        Column("tokens_of_nobody", "Tokens of nobody known", "tokens"),
        Column("person_count", "People", "count"),
        Column("only_here_person_count", "People in no other source", "count"),
    ),
    DATES,
    "usage_source_coverage_daily.seen_ratio",
    empty="Neither reports, gateways, telemetry nor transcripts tell of these days.",
    marks=lambda: charts.lines(
        "usage_date", "seen_ratio", "source", title="Share of the tokens that count", unit="ratio"
    ),
    says="A line for each source: the share that it sees of the tokens that count, by day.",
)
MACHINES = Table(
    "machines",
    "Which machines stopped sending telemetry?",
    """
    select
        coalesce(display_name, 'nobody who is known') as person,
        client_version,
        cast(last_seen_at as date) as last_seen,
        silent_days,
        longest_gap_days
    from telemetry_machines
    left join dim_people using (person_key)
    where is_silent
    order by silent_days desc, person, machine_key
    """,
    (
        Column("person", "Person"),
        Column("client_version", "Claude Code"),
        Column("last_seen", "Last heard of", "date"),
        Column("silent_days", "Days since", "count"),
        Column("longest_gap_days", "Longest gap before", "count"),
    ),
    frozenset(),
    "telemetry_machines.is_silent",
    empty="No machine that sent telemetry has stopped.",
)
FILE = Table(
    "file",
    "What is shown here",
    """
    select
        published_at,
        privacy_level,
        case privacy_level
            when 'named' then 'Nothing: people have their names, addresses and logins.'
            when 'pseudonymous' then 'Names, addresses and logins of people, names of API keys, and'
                || ' lines of commit messages. A person has a pseudonym.'
            else 'Single people. Amounts are of ' || min_people || ' people or more, and tables of'
                || ' people, keys and single changes are empty.'
        end as left_out,
        project_version
    from quality.published_file
    """,
    (
        Column("published_at", "Published, UTC", "date"),
        Column("privacy_level", "Level of privacy"),
        Column("left_out", "What it leaves out"),
        Column("project_version", "By claude-usage"),
    ),
    frozenset(),
    "quality.published_file.privacy_level",
)
CHECKS = Table(
    "checks",
    "All checks, those that fail first",
    """
    select
        case
            when is_passed then 'holds'
            when is_blocking then 'does not hold'
            else 'to look at'
        end as result,
        coalesce(table_name, 'several') as checked_table,
        check_name,
        description,
        failing_row_count,
        replace(source, '_', ' ') as run_by,
        checked_at
    from quality.checks
    order by is_passed, not is_blocking, source desc, checked_table, check_name
    """,
    (
        Column("result", "Result"),
        Column("checked_table", "Table"),
        Column("check_name", "Check"),
        Column("description", "What must hold"),
        Column("failing_row_count", "Rows that fail", "count"),
        Column("run_by", "By"),
        Column("checked_at", "Ran, UTC", "date"),
    ),
    frozenset(),
    "quality.checks.description",
    empty="No check has run since the tables were built, or the warehouse is of before checks were"
    " kept: the next run brings them.",
)
FOUND_BEFORE = Table(
    "found_before",
    "What checks have found, newest first",
    """
    select
        first_checked_at,
        last_checked_at,
        run_count,
        coalesce(table_name, 'several') as checked_table,
        check_name,
        if(severity = 'error', 'kept from publishing', 'to look at') as consequence,
        failing_row_count
    from quality.check_history
    where not is_passed
    order by last_checked_at desc, first_checked_at desc, checked_table, check_name
    """,
    (
        Column("first_checked_at", "From, UTC", "date"),
        Column("last_checked_at", "To, UTC", "date"),
        Column("run_count", "Runs", "count"),
        Column("checked_table", "Table"),
        Column("check_name", "Check"),
        Column("consequence", "What followed"),
        Column("failing_row_count", "Rows that failed", "count"),
    ),
    frozenset(),
    "quality.check_history.run_count",
    empty="No check has failed since results are kept.",
)

PAGE = Page(
    "health",
    "Data health",
    "Can the figures be relied on?",
    figures=(COMPLETE, FAILED, READ, CHECKS_HOLD, CHECKS_FAILED),
    sections=(
        Section("Days", (CALENDAR,)),
        Section("Sources", (AS_OF, PROBLEMS)),
        Section(
            "Revisions",
            (REVISED,),
            "Sources revise their figures. What they reported before is kept.",
        ),
        Section(
            "Several sources",
            (SOURCE_COVERAGE, SOURCES, MACHINES),
            "One request can be in four sources. They are never added: of each person's day one"
            " source counts for each way to the model.",
        ),
        Section("Identities", (UNMAPPED,)),
        Section(
            "Checks of the last run",
            (CHECKS, FOUND_BEFORE),
            "Each has its own time. What is not listed has not run since the tables were built.",
        ),
        Section("This file", (FILE,)),
    ),
)
