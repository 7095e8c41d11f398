{#- Rows of the Enterprise engagement reports: people by day, and the daily summaries. -#}

{% macro user_activity_shape() -%}
    {
        "user": {"id": "VARCHAR", "email_address": "VARCHAR"},
        "claude_code_metrics": {
            "core_metrics": {
                "commit_count": "BIGINT",
                "pull_request_count": "BIGINT",
                "distinct_session_count": "BIGINT",
                "artifacts_created_count": "BIGINT",
                "lines_of_code": {"added_count": "BIGINT", "removed_count": "BIGINT"}
            },
            "tool_actions": "MAP(VARCHAR, STRUCT(accepted_count BIGINT, rejected_count BIGINT))"
        },
        "chat_metrics": {"message_count": "BIGINT"},
        "web_search_count": "BIGINT"
    }
{%- endmacro %}

{% macro user_activity_columns(record) -%}
    {{ record }}.user.id as user_id,
    {{ normal_email(record ~ ".user.email_address") }} as email_address,
    {{ record }}.claude_code_metrics.core_metrics.distinct_session_count as session_count,
    {{ record }}.claude_code_metrics.core_metrics.lines_of_code.added_count as lines_added,
    {{ record }}.claude_code_metrics.core_metrics.lines_of_code.removed_count as lines_removed,
    {{ record }}.claude_code_metrics.core_metrics.commit_count as commit_count,
    {{ record }}.claude_code_metrics.core_metrics.pull_request_count as pull_request_count,
    {{ record }}.claude_code_metrics.core_metrics.artifacts_created_count as artifact_count,
    {{ record }}.chat_metrics.message_count as chat_message_count,
    {{ record }}.web_search_count as web_search_count,
    {{ record }}.claude_code_metrics.tool_actions as tool_actions
{%- endmacro %}

{% macro summary_shape() -%}
    {
        "starting_at": "VARCHAR",
        "daily_active_user_count": "BIGINT",
        "weekly_active_user_count": "BIGINT",
        "monthly_active_user_count": "BIGINT",
        "claude_code_daily_active_user_count": "BIGINT",
        "claude_code_weekly_active_user_count": "BIGINT",
        "claude_code_monthly_active_user_count": "BIGINT",
        "assigned_seat_count": "BIGINT",
        "pending_invite_count": "BIGINT"
    }
{%- endmacro %}

{% macro summary_columns(entry) -%}
    {{ entry }}.daily_active_user_count as daily_active_user_count,
    {{ entry }}.weekly_active_user_count as weekly_active_user_count,
    {{ entry }}.monthly_active_user_count as monthly_active_user_count,
    {{ entry }}.claude_code_daily_active_user_count as claude_code_daily_active_user_count,
    {{ entry }}.claude_code_weekly_active_user_count as claude_code_weekly_active_user_count,
    {{ entry }}.claude_code_monthly_active_user_count as claude_code_monthly_active_user_count,
    {{ entry }}.assigned_seat_count as assigned_seat_count,
    {{ entry }}.pending_invite_count as pending_invite_count
{%- endmacro %}
