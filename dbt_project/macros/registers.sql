{#- Made by `make registers` of ingestion/sources.py: changes by hand are lost. -#}

{% macro sources() -%}
    {#- All sources, and whether they have reports by day. -#}
    {{ return([
        {"name": "anthropic", "has_days": true},
        {"name": "github", "has_days": false},
        {"name": "litellm", "has_days": false},
        {"name": "telemetry", "has_days": false},
        {"name": "local", "has_days": false}
    ]) }}
{%- endmacro %}

{% macro reports() -%}
    {#- The reports by day of all sources, with the fields of their declarations: see
        ingestion/reports.py. `model` is the staging model of their records, `row_number` the
        column that numbers its rows. -#}
    {{ return([
        {
            "source": "anthropic",
            "endpoint": "usage_report_claude_code",
            "organization": "console",
            "family": "claude code",
            "subject": "activity",
            "preference": 1,
            "records": "data",
            "model": "stg_anthropic__claude_code_records",
            "row_number": "record_number",
            "is_by_actor": false,
            "is_followed": true,
            "staged": [{"model": "stg_anthropic__claude_code_records", "read": "claude_code_record", "items": none, "figures": ["session_count", "lines_added", "lines_removed", "commit_count", "pull_request_count"], "by": []}, {"model": "stg_anthropic__claude_code_model_usage", "read": "claude_code_model_usage", "items": "model_breakdown", "figures": ["input_tokens", "output_tokens", "cache_read_tokens", "cache_creation_tokens", "estimated_cost_cents"], "by": ["model"]}]
        },
        {
            "source": "anthropic",
            "endpoint": "usage_report_messages",
            "organization": "console",
            "family": "usage",
            "subject": "usage",
            "preference": 2,
            "records": "results",
            "model": "stg_anthropic__message_usage",
            "row_number": "result_number",
            "is_by_actor": false,
            "is_followed": true,
            "staged": [{"model": "stg_anthropic__message_usage", "read": "message_usage", "items": none, "figures": ["uncached_input_tokens", "output_tokens", "cache_read_tokens", "cache_creation_5m_tokens", "cache_creation_1h_tokens", "web_search_count"], "by": ["workspace_id", "model"]}]
        },
        {
            "source": "anthropic",
            "endpoint": "usage_report_messages_by_minute",
            "organization": "console",
            "family": "usage by minute",
            "subject": none,
            "preference": 1,
            "records": "data",
            "model": "stg_anthropic__message_usage_by_minute",
            "row_number": "record_number",
            "is_by_actor": false,
            "is_followed": false,
            "staged": [{"model": "stg_anthropic__message_usage_by_minute", "read": "", "items": none, "figures": [], "by": []}]
        },
        {
            "source": "anthropic",
            "endpoint": "cost_report",
            "organization": "console",
            "family": "cost",
            "subject": "cost",
            "preference": 2,
            "records": "results",
            "model": "stg_anthropic__cost_items",
            "row_number": "result_number",
            "is_by_actor": false,
            "is_followed": true,
            "staged": [{"model": "stg_anthropic__cost_items", "read": "cost_item", "items": none, "figures": ["billed_cost_cents"], "by": ["workspace_id", "model"]}]
        },
        {
            "source": "anthropic",
            "endpoint": "analytics_usage",
            "organization": "console",
            "family": "usage",
            "subject": "usage",
            "preference": 1,
            "records": "data",
            "model": "stg_anthropic__analytics_usage",
            "row_number": "record_number",
            "is_by_actor": true,
            "is_followed": true,
            "staged": [{"model": "stg_anthropic__analytics_usage", "read": "analytics_usage_record", "items": none, "figures": ["uncached_input_tokens", "output_tokens", "cache_read_tokens", "cache_creation_5m_tokens", "cache_creation_1h_tokens", "web_search_count"], "by": ["workspace_id", "model"]}]
        },
        {
            "source": "anthropic",
            "endpoint": "analytics_cost",
            "organization": "console",
            "family": "cost",
            "subject": "cost",
            "preference": 1,
            "records": "data",
            "model": "stg_anthropic__analytics_cost",
            "row_number": "record_number",
            "is_by_actor": true,
            "is_followed": true,
            "staged": [{"model": "stg_anthropic__analytics_cost", "read": "analytics_cost_record", "items": none, "figures": ["billed_cost_cents", "list_cost_cents"], "by": ["workspace_id", "model"]}]
        },
        {
            "source": "anthropic",
            "endpoint": "analytics_cost_by_geography",
            "organization": "console",
            "family": "cost by geography",
            "subject": none,
            "preference": 1,
            "records": "data",
            "model": "stg_anthropic__analytics_cost_by_geography",
            "row_number": "record_number",
            "is_by_actor": false,
            "is_followed": false,
            "staged": [{"model": "stg_anthropic__analytics_cost_by_geography", "read": "", "items": none, "figures": [], "by": []}]
        },
        {
            "source": "anthropic",
            "endpoint": "analytics_usage_by_minute",
            "organization": "console",
            "family": "requests by minute",
            "subject": none,
            "preference": 1,
            "records": "data",
            "model": "stg_anthropic__analytics_usage_by_minute",
            "row_number": "record_number",
            "is_by_actor": false,
            "is_followed": false,
            "staged": [{"model": "stg_anthropic__analytics_usage_by_minute", "read": "", "items": none, "figures": [], "by": []}]
        },
        {
            "source": "anthropic",
            "endpoint": "enterprise_user_activity",
            "organization": "enterprise",
            "family": "activity",
            "subject": "activity",
            "preference": 1,
            "records": "data",
            "model": "stg_anthropic__enterprise_user_activity",
            "row_number": "record_number",
            "is_by_actor": false,
            "is_followed": true,
            "staged": [{"model": "stg_anthropic__enterprise_user_activity", "read": "user_activity", "items": none, "figures": ["session_count", "lines_added", "lines_removed", "commit_count", "pull_request_count"], "by": []}]
        },
        {
            "source": "anthropic",
            "endpoint": "enterprise_summaries",
            "organization": "enterprise",
            "family": "summaries",
            "subject": none,
            "preference": 1,
            "records": none,
            "model": "stg_anthropic__enterprise_summaries",
            "row_number": "record_number",
            "is_by_actor": false,
            "is_followed": true,
            "staged": [{"model": "stg_anthropic__enterprise_summaries", "read": "summary", "items": none, "figures": ["daily_active_user_count", "claude_code_daily_active_user_count", "assigned_seat_count"], "by": []}]
        },
        {
            "source": "anthropic",
            "endpoint": "enterprise_usage",
            "organization": "enterprise",
            "family": "usage",
            "subject": "usage",
            "preference": 1,
            "records": "data",
            "model": "stg_anthropic__enterprise_usage",
            "row_number": "record_number",
            "is_by_actor": true,
            "is_followed": true,
            "staged": [{"model": "stg_anthropic__enterprise_usage", "read": "analytics_usage_record", "items": none, "figures": ["uncached_input_tokens", "output_tokens", "cache_read_tokens", "cache_creation_5m_tokens", "cache_creation_1h_tokens", "web_search_count"], "by": ["model"]}]
        },
        {
            "source": "anthropic",
            "endpoint": "enterprise_cost",
            "organization": "enterprise",
            "family": "cost",
            "subject": "cost",
            "preference": 1,
            "records": "data",
            "model": "stg_anthropic__enterprise_cost",
            "row_number": "record_number",
            "is_by_actor": true,
            "is_followed": true,
            "staged": [{"model": "stg_anthropic__enterprise_cost", "read": "analytics_cost_record", "items": none, "figures": ["billed_cost_cents", "list_cost_cents"], "by": ["model"]}]
        },
        {
            "source": "anthropic",
            "endpoint": "enterprise_cost_by_geography",
            "organization": "enterprise",
            "family": "cost by geography",
            "subject": none,
            "preference": 1,
            "records": "data",
            "model": "stg_anthropic__enterprise_cost_by_geography",
            "row_number": "record_number",
            "is_by_actor": false,
            "is_followed": false,
            "staged": [{"model": "stg_anthropic__enterprise_cost_by_geography", "read": "", "items": none, "figures": [], "by": []}]
        },
        {
            "source": "anthropic",
            "endpoint": "enterprise_user_usage_report",
            "organization": "enterprise",
            "family": "usage",
            "subject": "usage",
            "preference": 2,
            "records": "data",
            "model": "stg_anthropic__enterprise_user_usage",
            "row_number": "record_number",
            "is_by_actor": true,
            "is_followed": true,
            "staged": [{"model": "stg_anthropic__enterprise_user_usage", "read": "user_usage_record", "items": none, "figures": ["uncached_input_tokens", "output_tokens", "cache_read_tokens", "cache_creation_5m_tokens", "cache_creation_1h_tokens", "web_search_count"], "by": ["model"]}]
        },
        {
            "source": "anthropic",
            "endpoint": "enterprise_user_cost_report",
            "organization": "enterprise",
            "family": "cost",
            "subject": "cost",
            "preference": 2,
            "records": "data",
            "model": "stg_anthropic__enterprise_user_cost",
            "row_number": "record_number",
            "is_by_actor": true,
            "is_followed": true,
            "staged": [{"model": "stg_anthropic__enterprise_user_cost", "read": "user_cost_record", "items": none, "figures": ["billed_cost_cents", "list_cost_cents"], "by": ["model"]}]
        }
    ]) }}
{%- endmacro %}
