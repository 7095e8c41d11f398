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

_MESSAGE_DAYS = """
with results as (
    select
        cast(window_key as date) as usage_date,
        unnest(from_json_strict(body, '{"results": [{
            "uncached_input_tokens": "HUGEINT",
            "output_tokens": "HUGEINT",
            "cache_read_input_tokens": "HUGEINT",
            "cache_creation": {
                "ephemeral_5m_input_tokens": "HUGEINT",
                "ephemeral_1h_input_tokens": "HUGEINT"
            },
            "server_tool_use": {"web_search_requests": "HUGEINT"}
        }]}').results) as result,
    from raw_anthropic.usage_report_messages
)
select
    usage_date,
    count(*) as result_count,
    coalesce(sum(result.uncached_input_tokens), 0) as uncached_input_tokens,
    coalesce(sum(result.output_tokens), 0) as output_tokens,
    coalesce(sum(result.cache_read_input_tokens), 0) as cache_read_tokens,
    coalesce(sum(result.cache_creation.ephemeral_5m_input_tokens), 0) as cache_creation_5m_tokens,
    coalesce(sum(result.cache_creation.ephemeral_1h_input_tokens), 0) as cache_creation_1h_tokens,
    coalesce(sum(result.server_tool_use.web_search_requests), 0) as web_search_count,
from results
group by usage_date
"""

_COST_DAYS = """
with results as (
    select
        cast(window_key as date) as usage_date,
        unnest(from_json_strict(body, '{"results": [{
            "amount": "DECIMAL(28, 12)", "currency": "VARCHAR"
        }]}').results) as result,
    from raw_anthropic.cost_report
)
select
    usage_date,
    count(*) as result_count,
    sum(result.amount) as billed_cost_cents,
    count(*) filter (result.currency is distinct from 'USD') as other_currency_count,
from results
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

_PAGE_TABLES = {
    "usage_report_claude_code": "json_array_length(body, '$.data')",
    "usage_report_messages": "json_array_length(body, '$.results')",
    "cost_report": "json_array_length(body, '$.results')",
    "users": "json_array_length(body, '$.data')",
    "workspaces": "json_array_length(body, '$.data')",
    "workspace_members": "json_array_length(body, '$.data')",
    "api_keys": "json_array_length(body, '$.data')",
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
    "raw_claude_code_days": _CLAUDE_CODE_DAYS,
    "raw_message_days": _MESSAGE_DAYS,
    "raw_cost_days": _COST_DAYS,
    "raw_commit_totals": _COMMIT_TOTALS,
    "raw_pull_request_totals": _PULL_REQUEST_TOTALS,
    "raw_windows": _WINDOWS,
    "raw_endpoints": _ENDPOINTS,
    "raw_ledger": _LEDGER,
}
