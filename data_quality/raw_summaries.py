"""What the raw answers say, counted and summed apart from the dbt models.

Each entry is the SQL of a small table that checks compare the marts with. Staging reads the bodies
leniently: a field that is absent or of another type becomes null, and a sum passes over it. Here
they are read strictly, so that such a field is an error and not a small number. Amounts stay
decimal cents. The day is the one that was asked for, not the one the records carry: those must be
the same.
"""

from __future__ import annotations

_CLAUDE_CODE_DAYS = """
with pages as (
    select
        cast(window_key as date) as usage_date,
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
    from raw_anthropic.usage_report_claude_code
),
records as (
    select usage_date, unnest(records) as record from pages
),
by_record as (
    select
        usage_date,
        record.core_metrics as metrics,
        map_values(record.tool_actions) as tools,
        record.model_breakdown as models,
    from records
)
select
    usage_date,
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
group by usage_date
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


def _records_of(table: str, records: str, shape: str, metrics: str) -> str:
    """Return SQL of the records of a report's chosen days: their day, report and metrics."""
    return (
        f"select cast(window_key as date) as usage_date, '{table}' as source,"
        f" record{metrics} as record"
        f" from (select window_key, unnest(from_json_strict(body, '{{\"{records}\": [{shape}]}}')"
        f".{records}) as record from raw_anthropic.{table}"
        f" where window_key in (select window_key from raw_chosen_days where endpoint = '{table}'))"
    )


_USAGE_RECORDS = "\nunion all\n".join(
    (
        _records_of("usage_report_messages", "results", f"{{{_TOKENS}}}", ""),
        _records_of("analytics_usage", "data", f'{{"usage": {{{_TOKENS}}}}}', ".usage"),
        _records_of("enterprise_usage", "data", f'{{"usage": {{{_TOKENS}}}}}', ".usage"),
        _records_of("enterprise_user_usage_report", "data", f"{{{_TOKENS}}}", ""),
    )
)

_MESSAGE_DAYS = f"""
select
    usage_date,
    source as usage_source,
    count(*) as result_count,
    coalesce(sum(record.uncached_input_tokens), 0) as uncached_input_tokens,
    coalesce(sum(record.output_tokens), 0) as output_tokens,
    coalesce(sum(record.cache_read_input_tokens), 0) as cache_read_tokens,
    coalesce(sum(record.cache_creation.ephemeral_5m_input_tokens), 0) as cache_creation_5m_tokens,
    coalesce(sum(record.cache_creation.ephemeral_1h_input_tokens), 0) as cache_creation_1h_tokens,
    coalesce(sum(record.server_tool_use.web_search_requests), 0) as web_search_count,
from ({_USAGE_RECORDS})
group by usage_date, source
"""

_COST_RECORDS = "\nunion all\n".join(
    (
        _records_of("cost_report", "results", f"{{{_AMOUNTS}}}", ""),
        _records_of("analytics_cost", "data", f'{{"cost": {{{_AMOUNTS}}}}}', ".cost"),
        _records_of("enterprise_cost", "data", f'{{"cost": {{{_AMOUNTS}}}}}', ".cost"),
        _records_of("enterprise_user_cost_report", "data", f"{{{_AMOUNTS}}}", ""),
    )
)

_COST_DAYS = f"""
select
    usage_date,
    source as cost_source,
    count(*) as result_count,
    sum(record.amount) as billed_cost_cents,
    count(*) filter (record.currency is distinct from 'USD') as other_currency_count,
from ({_COST_RECORDS})
group by usage_date, source
"""

_ENTERPRISE_ACTIVITY_DAYS = """
with records as (
    select
        cast(window_key as date) as usage_date,
        unnest(from_json_strict(body, '{"data": [{
            "claude_code_metrics": {
                "core_metrics": {
                    "distinct_session_count": "HUGEINT",
                    "lines_of_code": {"added_count": "HUGEINT"}
                }
            }
        }]}').data).claude_code_metrics.core_metrics as metrics,
    from raw_anthropic.enterprise_user_activity
)
select
    usage_date,
    count(*) as record_count,
    coalesce(sum(metrics.distinct_session_count), 0) as session_count,
    coalesce(sum(metrics.lines_of_code.added_count), 0) as lines_added,
from records
group by usage_date
"""

_COMMIT_TOTALS = """
with commits as (
    select
        repository_id,
        from_json_strict(body, '{
            "additions": "HUGEINT", "deletions": "HUGEINT", "parents": {"totalCount": "INTEGER"}
        }') as node,
    from raw_github.commits
    where left_default_branch_at is null
)
select
    repository_id,
    count(*) as commit_count,
    count(*) filter (node.parents.totalCount > 1) as merge_commit_count,
    coalesce(sum(node.additions) filter (node.parents.totalCount <= 1), 0) as lines_added,
    coalesce(sum(node.deletions) filter (node.parents.totalCount <= 1), 0) as lines_removed,
from commits
group by repository_id
"""

_PULL_REQUEST_TOTALS = """
with pull_requests as (
    select
        repository_id,
        from_json_strict(body, '{
            "additions": "HUGEINT", "deletions": "HUGEINT", "mergedAt": "VARCHAR"
        }') as node,
    from raw_github.pull_requests
)
select
    repository_id,
    count(*) as pull_request_count,
    count(node.mergedAt) as merged_count,
    coalesce(sum(node.additions), 0) as lines_added,
    coalesce(sum(node.deletions), 0) as lines_removed,
from pull_requests
group by repository_id
"""

_DATA = "json_array_length(body, '$.data')"
_RESULTS = "json_array_length(body, '$.results')"
_PAGE_TABLES = {
    "usage_report_claude_code": _DATA,
    "usage_report_messages": _RESULTS,
    "usage_report_messages_by_minute": _DATA,
    "cost_report": _RESULTS,
    "analytics_usage": _DATA,
    "analytics_cost": _DATA,
    "users": _DATA,
    "workspaces": _DATA,
    "workspace_members": _DATA,
    "api_keys": _DATA,
    "rate_limits": _DATA,
    "workspace_rate_limits": _DATA,
    "enterprise_user_activity": _DATA,
    # One entry a day, which is the body.
    "enterprise_summaries": "1",
    "enterprise_usage": _DATA,
    "enterprise_cost": _DATA,
    "enterprise_user_usage_report": _DATA,
    "enterprise_user_cost_report": _DATA,
    "enterprise_users": _DATA,
    "enterprise_spend_limits": _DATA,
    "enterprise_effective_spend_limits": _DATA,
    "enterprise_rbac_groups": _DATA,
    "enterprise_rbac_group_members": _DATA,
}
_REPOSITORY_TABLES = ("pull_requests", "commits")

_WINDOWS = "\nunion all\n".join(
    [
        *(
            f"select 'anthropic' as source, '{table}' as endpoint, window_key,"
            f" sum({count}) as record_count from raw_anthropic.{table} group by window_key"
            for table, count in _PAGE_TABLES.items()
        ),
        *(
            f"select 'github' as source, '{table}' as endpoint,"
            " cast(repository_id as varchar) as window_key, count(*) as record_count"
            f" from raw_github.{table} group by repository_id"
            for table in _REPOSITORY_TABLES
        ),
    ]
)

_ENDPOINTS = f"select unnest({[*_PAGE_TABLES, *_REPOSITORY_TABLES]}) as endpoint"

_LEDGER = """
select * from raw_anthropic.completeness_ledger
union all by name
select * from raw_github.completeness_ledger
"""

# By the name that checks use in their SQL.
RAW_SUMMARIES = {
    "raw_chosen_days": _CHOSEN_DAYS,
    "raw_claude_code_days": _CLAUDE_CODE_DAYS,
    "raw_enterprise_activity_days": _ENTERPRISE_ACTIVITY_DAYS,
    "raw_message_days": _MESSAGE_DAYS,
    "raw_cost_days": _COST_DAYS,
    "raw_commit_totals": _COMMIT_TOTALS,
    "raw_pull_request_totals": _PULL_REQUEST_TOTALS,
    "raw_windows": _WINDOWS,
    "raw_endpoints": _ENDPOINTS,
    "raw_ledger": _LEDGER,
}
