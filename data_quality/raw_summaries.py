"""What the raw answers say, counted and summed apart from the dbt models.

Each entry is the SQL of a small table that checks compare the marts with; what takes parsing is
kept from one run to the next (``kept_sums``). Staging reads the bodies leniently: a field that is
absent or of another type becomes null, and a sum passes over it. Here they are read strictly, so
that such a field is an error and not a small number. Amounts stay decimal cents. The day is the one
that was asked for, not the one the records carry: those must be the same.
"""

from __future__ import annotations

from data_quality.kept_sums import Sums

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

# Which report each day of a family is taken from, worked out again from the ledger.
_CHOSEN_DAYS = """
select window_key, endpoint
from (
    select
        ledger.window_key,
        ledger.endpoint,
        row_number() over (
            partition by reports.family, ledger.window_key
            order by ledger.status = 'complete' desc, reports.preference
        ) as place,
    from raw_anthropic.completeness_ledger as ledger
    join (values
        ('console usage', 'analytics_usage', 1),
        ('console usage', 'usage_report_messages', 2),
        ('console cost', 'analytics_cost', 1),
        ('console cost', 'cost_report', 2),
        ('enterprise usage', 'enterprise_usage', 1),
        ('enterprise usage', 'enterprise_user_usage_report', 2),
        ('enterprise cost', 'enterprise_cost', 1),
        ('enterprise cost', 'enterprise_user_cost_report', 2)
    ) as reports(family, endpoint, preference) using (endpoint)
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


def _sums_of(sums: str, *reports: tuple[str, str, str, str]) -> dict[str, Sums]:
    """Return the sums of records on the days that are taken from each report.

    A report is its table, the name of its list of records, their shape and where in it the
    metrics are.
    """
    return {
        table: Sums(
            f"raw_anthropic.{table}",
            f"select piece, count(*) as result_count, {sums} from (select piece,"
            f" unnest(from_json_strict(body, '{{\"{records}\": [{shape}]}}').{records}){metrics}"
            " as record from new_rows) group by piece",
            wanted="window_key in"
            f" (select window_key from raw_chosen_days where endpoint = '{table}')",
        )
        for table, records, shape, metrics in reports
    }


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
_USAGE = f'{{"usage": {{{_TOKENS}}}}}'
_COST = f'{{"cost": {{{_AMOUNTS}}}}}'

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

_DATA = "json_array_length(body, '$.data')"
_RESULTS = "json_array_length(body, '$.results')"
_REPORT_TABLES = {
    "usage_report_claude_code": _DATA,
    "usage_report_messages": _RESULTS,
    "usage_report_messages_by_minute": _DATA,
    "cost_report": _RESULTS,
    "analytics_usage": _DATA,
    "analytics_cost": _DATA,
    "analytics_cost_by_geography": _DATA,
    "analytics_usage_by_minute": _DATA,
    "enterprise_user_activity": _DATA,
    # One entry a day, which is the body.
    "enterprise_summaries": "1",
    "enterprise_usage": _DATA,
    "enterprise_cost": _DATA,
    "enterprise_cost_by_geography": _DATA,
    "enterprise_user_usage_report": _DATA,
    "enterprise_user_cost_report": _DATA,
}
# What is there now, which is read anew each day.
_DIRECTORY_TABLES = (
    "users",
    "workspaces",
    "workspace_members",
    "api_keys",
    "rate_limits",
    "workspace_rate_limits",
    "enterprise_users",
    "enterprise_spend_limits",
    "enterprise_effective_spend_limits",
    "enterprise_rbac_groups",
    "enterprise_rbac_group_members",
)
_REPOSITORY_TABLES = ("pull_requests", "commits")

_WINDOWS = "\nunion all\n".join(
    [
        "select 'anthropic' as source, endpoint, piece as window_key, record_count"
        " from kept.window_records",
        *(
            f"select 'anthropic' as source, '{table}' as endpoint, window_key,"
            f" sum({_DATA}) as record_count from raw_anthropic.{table} group by window_key"
            for table in _DIRECTORY_TABLES
        ),
        *(
            f"select 'github' as source, '{table}' as endpoint,"
            " cast(repository_id as varchar) as window_key, count(*) as record_count"
            f" from raw_github.{table} group by repository_id"
            for table in _REPOSITORY_TABLES
        ),
    ]
)

_ENDPOINTS = (
    f"select unnest({[*_REPORT_TABLES, *_DIRECTORY_TABLES, *_REPOSITORY_TABLES]}) as endpoint"
)

_LEDGER = """
select * from raw_anthropic.completeness_ledger
union all by name
select * from raw_github.completeness_ledger
"""

# By the name of their table in the database `kept`; then by endpoint.
KEPT: dict[str, dict[str, Sums]] = {
    "claude_code_days": {
        "usage_report_claude_code": Sums(
            "raw_anthropic.usage_report_claude_code", _CLAUDE_CODE_SUMS
        ),
    },
    "enterprise_activity_days": {
        "enterprise_user_activity": Sums(
            "raw_anthropic.enterprise_user_activity", _ENTERPRISE_ACTIVITY_SUMS
        ),
    },
    "message_days": _sums_of(
        _TOKEN_SUMS,
        ("usage_report_messages", "results", f"{{{_TOKENS}}}", ""),
        ("analytics_usage", "data", _USAGE, ".usage"),
        ("enterprise_usage", "data", _USAGE, ".usage"),
        ("enterprise_user_usage_report", "data", f"{{{_TOKENS}}}", ""),
    ),
    "cost_days": _sums_of(
        _AMOUNT_SUMS,
        ("cost_report", "results", f"{{{_AMOUNTS}}}", ""),
        ("analytics_cost", "data", _COST, ".cost"),
        ("enterprise_cost", "data", _COST, ".cost"),
        ("enterprise_user_cost_report", "data", f"{{{_AMOUNTS}}}", ""),
    ),
    "commits": {
        "commits": Sums(
            "raw_github.commits",
            _COMMIT_SUMS,
            piece=_OF_A_RUN,
            also="count(left_default_branch_at)",
        )
    },
    "pull_requests": {
        "pull_requests": Sums("raw_github.pull_requests", _PULL_REQUEST_SUMS, piece=_OF_A_RUN)
    },
    "window_records": {
        table: Sums(
            f"raw_anthropic.{table}",
            f"select piece, sum({count}) as record_count from new_rows group by piece",
        )
        for table, count in _REPORT_TABLES.items()
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
    "raw_ledger": _LEDGER,
}
