"""What the raw answers say, counted and summed apart from the dbt models.

Each entry is the SQL of a small table that checks compare the marts with; what takes parsing is
kept from one run to the next (``kept_sums``). Staging reads the bodies leniently: a field that is
absent or of another type becomes null, and a sum passes over it. Here they are read strictly, so
that such a field is an error and not a small number. Amounts stay decimal cents. The day is the one
that was asked for, not the one the records carry: those must be the same.
"""

from __future__ import annotations

from data_quality.kept_sums import Sums
from data_quality.registers import (
    DIRECTORY_TABLES,
    LEDGERS,
    REPORTS,
    REPORTS_BY_SOURCE,
    REVISIONS,
)
from ingestion.anthropic.endpoints import CLAUDE_CODE, ENTERPRISE_USER_ACTIVITY
from ingestion.github.tables import COMMITS, PULL_REQUESTS
from ingestion.raw import RawTable
from ingestion.reports import Report, Subject

_CLAUDE_CODE_SUMS = """
with pages as (
    select
        piece,
        from_json_strict(body, '{"data": [{
            "core_metrics": {
                "num_sessions": "HUGEINT",
                "lines_of_code": {"added": "HUGEINT", "removed": "HUGEINT"},
                "commits_by_claude_code": "HUGEINT",
                "pull_requests_by_claude_code": "HUGEINT"
            },
            "tool_actions": "MAP(VARCHAR, STRUCT(accepted HUGEINT, rejected HUGEINT))",
            "model_breakdown": [{
                "tokens": {
                    "input": "HUGEINT",
                    "output": "HUGEINT",
                    "cache_read": "HUGEINT",
                    "cache_creation": "HUGEINT"
                },
                "estimated_cost": {"amount": "DECIMAL(28, 12)", "currency": "VARCHAR"}
            }]
        }]}').data as records,
    from new_rows
),
records as (
    select piece, unnest(records) as record from pages
),
by_record as (
    select
        piece,
        record.core_metrics as metrics,
        map_values(record.tool_actions) as tools,
        record.model_breakdown as models,
    from records
)
select
    piece,
    count(*) as record_count,
    coalesce(sum(len(tools)), 0) as tool_row_count,
    coalesce(sum(len(models)), 0) as model_row_count,
    coalesce(sum(metrics.num_sessions), 0) as session_count,
    coalesce(sum(metrics.lines_of_code.added), 0) as lines_added,
    coalesce(sum(metrics.lines_of_code.removed), 0) as lines_removed,
    coalesce(sum(metrics.commits_by_claude_code), 0) as commit_count,
    coalesce(sum(metrics.pull_requests_by_claude_code), 0) as pull_request_count,
    coalesce(sum(list_sum([tool.accepted for tool in tools])), 0) as accepted_count,
    coalesce(sum(list_sum([tool.rejected for tool in tools])), 0) as rejected_count,
    coalesce(sum(list_sum([one.tokens.input for one in models])), 0) as input_tokens,
    coalesce(sum(list_sum([one.tokens.output for one in models])), 0) as output_tokens,
    coalesce(sum(list_sum([one.tokens.cache_read for one in models])), 0) as cache_read_tokens,
    coalesce(sum(list_sum([one.tokens.cache_creation for one in models])), 0)
        as cache_creation_tokens,
    coalesce(sum(list_sum([one.estimated_cost.amount for one in models])), 0)
        as estimated_cost_cents,
    coalesce(sum(len([
        1 for one in models
        if one.estimated_cost.amount is not null
        and one.estimated_cost.currency is distinct from 'USD'
    ])), 0)
        as other_currency_count,
from by_record
group by piece
"""

_SUBJECTS = ", ".join(
    f"('{report.organization} {report.subject}', '{report.table.name}', {report.preference})"
    for report in REPORTS
    if report.subject in ("usage", "cost")
)

# Which report each day of a subject is taken from, worked out again from the ledger.
_CHOSEN_DAYS = f"""
select window_key, endpoint
from (
    select
        ledger.window_key,
        ledger.endpoint,
        row_number() over (
            partition by reports.subject, ledger.window_key
            order by ledger.status = 'complete' desc, reports.preference
        ) as place,
    from ({LEDGERS}) as ledger
    join (values {_SUBJECTS}) as reports(subject, endpoint, preference) using (endpoint)
    where ledger.status in ('complete', 'partial')
)
where place = 1
"""

_TOKENS = """
    "uncached_input_tokens": "HUGEINT",
    "output_tokens": "HUGEINT",
    "cache_read_input_tokens": "HUGEINT",
    "cache_creation": {
        "ephemeral_5m_input_tokens": "HUGEINT",
        "ephemeral_1h_input_tokens": "HUGEINT"
    },
    "server_tool_use": {"web_search_requests": "HUGEINT"}
"""
_AMOUNTS = '"amount": "DECIMAL(28, 12)", "currency": "VARCHAR"'


def _sums_of(subject: Subject, shape: str, sums: str) -> dict[str, Sums]:
    """Return the sums of records on the days that are taken from each report of a subject.

    ``shape`` is that of a record, or of the field of it that its report's figures are in.
    """
    return {
        report.table.name: Sums(
            report.table.qualified_name,
            f"select piece, count(*) as result_count, {sums} from (select piece,"
            f" {_records(report, shape)} as record from new_rows) group by piece",
            wanted="window_key in (select window_key from raw_chosen_days"
            f" where endpoint = '{report.table.name}')",
        )
        for report in REPORTS
        if report.subject == subject
    }


def _records(report: Report, shape: str) -> str:
    records, field = report.table.records, report.figures_in
    within = f'{{"{field}": {{{shape}}}}}' if field else f"{{{shape}}}"
    parsed = f"from_json_strict(body, '{{\"{records}\": [{within}]}}').{records}"
    return f"unnest({parsed}){f'.{field}' if field else ''}"


_TOKEN_SUMS = """
    coalesce(sum(record.uncached_input_tokens), 0) as uncached_input_tokens,
    coalesce(sum(record.output_tokens), 0) as output_tokens,
    coalesce(sum(record.cache_read_input_tokens), 0) as cache_read_tokens,
    coalesce(sum(record.cache_creation.ephemeral_5m_input_tokens), 0) as cache_creation_5m_tokens,
    coalesce(sum(record.cache_creation.ephemeral_1h_input_tokens), 0) as cache_creation_1h_tokens,
    coalesce(sum(record.server_tool_use.web_search_requests), 0) as web_search_count,
"""
_AMOUNT_SUMS = """
    sum(record.amount) as billed_cost_cents,
    count(*) filter (record.currency is distinct from 'USD') as other_currency_count,
"""

_ENTERPRISE_ACTIVITY_SUMS = """
select
    piece,
    count(*) as record_count,
    coalesce(sum(metrics.distinct_session_count), 0) as session_count,
    coalesce(sum(metrics.lines_of_code.added_count), 0) as lines_added,
from (
    select
        piece,
        unnest(from_json_strict(body, '{"data": [{
            "claude_code_metrics": {
                "core_metrics": {
                    "distinct_session_count": "HUGEINT",
                    "lines_of_code": {"added_count": "HUGEINT"}
                }
            }
        }]}').data).claude_code_metrics.core_metrics as metrics,
    from new_rows
)
group by piece
"""

_COMMIT_SUMS = """
select
    piece,
    repository_id,
    count(*) as commit_count,
    count(*) filter (node.parents.totalCount > 1) as merge_commit_count,
    coalesce(sum(node.additions) filter (node.parents.totalCount <= 1), 0) as lines_added,
    coalesce(sum(node.deletions) filter (node.parents.totalCount <= 1), 0) as lines_removed,
from (
    select
        piece,
        repository_id,
        from_json_strict(body, '{
            "additions": "HUGEINT", "deletions": "HUGEINT", "parents": {"totalCount": "INTEGER"}
        }') as node,
    from new_rows
    where left_default_branch_at is null
)
group by piece, repository_id
"""

_PULL_REQUEST_SUMS = """
select
    piece,
    repository_id,
    count(*) as pull_request_count,
    count(node.mergedAt) as merged_count,
    coalesce(sum(node.additions), 0) as lines_added,
    coalesce(sum(node.deletions), 0) as lines_removed,
from (
    select
        piece,
        repository_id,
        from_json_strict(body, '{
            "additions": "HUGEINT", "deletions": "HUGEINT", "mergedAt": "VARCHAR"
        }') as node,
    from new_rows
)
group by piece, repository_id
"""
# A repository's rows come and go by themselves: those of one run stay until they are replaced.
_OF_A_RUN = "concat(repository_id, ' ', run_id)"


def _record_count(table: RawTable) -> str:
    """Return SQL of how many records a body holds; one that is a record itself holds one."""
    return f"json_array_length(body, '$.{table.records}')" if table.records else "1"


_REPOSITORY_TABLES = (PULL_REQUESTS, COMMITS)

_WINDOWS = "\nunion all\n".join(
    [
        *(
            f"select '{source}' as source, endpoint, piece as window_key, record_count"
            f" from kept.window_records where endpoint in ({endpoints})"
            for source, endpoints in REPORTS_BY_SOURCE.items()
        ),
        *(
            f"select '{table.source}' as source, '{table.name}' as endpoint, window_key,"
            f" sum({_record_count(table)}) as record_count"
            f" from {table.qualified_name} group by window_key"
            for table in DIRECTORY_TABLES
        ),
        *(
            f"select '{table.source}' as source, '{table.name}' as endpoint,"
            " cast(repository_id as varchar) as window_key, count(*) as record_count"
            f" from {table.qualified_name} group by repository_id"
            for table in _REPOSITORY_TABLES
        ),
    ]
)

_COUNTED = [*(report.table for report in REPORTS), *DIRECTORY_TABLES, *_REPOSITORY_TABLES]
_ENDPOINTS = f"select unnest({[table.name for table in _COUNTED]}) as endpoint"

# By the name of their table in the database `kept`; then by endpoint.
KEPT: dict[str, dict[str, Sums]] = {
    "claude_code_days": {
        CLAUDE_CODE.table.name: Sums(CLAUDE_CODE.table.qualified_name, _CLAUDE_CODE_SUMS),
    },
    "enterprise_activity_days": {
        ENTERPRISE_USER_ACTIVITY.table.name: Sums(
            ENTERPRISE_USER_ACTIVITY.table.qualified_name, _ENTERPRISE_ACTIVITY_SUMS
        ),
    },
    "message_days": _sums_of("usage", _TOKENS, _TOKEN_SUMS),
    "cost_days": _sums_of("cost", _AMOUNTS, _AMOUNT_SUMS),
    "commits": {
        "commits": Sums(
            COMMITS.qualified_name,
            _COMMIT_SUMS,
            piece=_OF_A_RUN,
            also="count(left_default_branch_at)",
        )
    },
    "pull_requests": {
        "pull_requests": Sums(PULL_REQUESTS.qualified_name, _PULL_REQUEST_SUMS, piece=_OF_A_RUN)
    },
    "window_records": {
        report.table.name: Sums(
            report.table.qualified_name,
            f"select piece, sum({_record_count(report.table)}) as record_count"
            " from new_rows group by piece",
        )
        for report in REPORTS
    },
}


def _days(kept: str, report: str = "endpoint") -> str:
    return (
        f"select cast(piece as date) as usage_date, {report}, * exclude (endpoint, piece, reading)"
        f" from kept.{kept}"
    )


def _totals(kept: str) -> str:
    return (
        "select repository_id, sum(columns(* exclude (endpoint, piece, reading, repository_id)))"
        f" from kept.{kept} group by repository_id"
    )


# By the name that checks use in their SQL.
RAW_SUMMARIES = {
    "raw_chosen_days": _CHOSEN_DAYS,
    "raw_claude_code_days": _days("claude_code_days"),
    "raw_enterprise_activity_days": _days("enterprise_activity_days"),
    "raw_message_days": _days("message_days", "endpoint as usage_source"),
    "raw_cost_days": _days("cost_days", "endpoint as cost_source"),
    "raw_commit_totals": _totals("commits"),
    "raw_pull_request_totals": _totals("pull_requests"),
    "raw_windows": _WINDOWS,
    "raw_endpoints": _ENDPOINTS,
    "raw_ledger": LEDGERS,
    "raw_revisions": REVISIONS,
}
