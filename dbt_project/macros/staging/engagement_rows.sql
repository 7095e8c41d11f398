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
        "chat_metrics": { {{ product_fields() }} },
        "cowork_metrics": { {{ product_fields() }} },
        "design_metrics": { {{ product_fields() }} },
        "office_metrics": {
            "excel": { {{ product_fields() }} },
            "outlook": { {{ product_fields() }} },
            "powerpoint": { {{ product_fields() }} },
            "word": { {{ product_fields() }} }
        },
        "science_metrics": { {{ product_fields() }} },
        "chat_cowork_unified_metrics": {
            "chat": { {{ product_fields() }} },
            "sessions": { {{ product_fields() }} }
        },
        "claude_tag_metrics": { {{ product_fields() }} },
        "web_search_count": "BIGINT"
    }
{%- endmacro %}

{#- What a product counts of what a person did there: each has some of these. -#}

{% macro product_fields() -%}
    "message_count": "BIGINT",
    "distinct_conversation_count": "BIGINT",
    "distinct_session_count": "BIGINT",
    "action_count": "BIGINT",
    "artifacts_created_count": "BIGINT",
    "distinct_artifacts_created_count": "BIGINT"
{%- endmacro %}

{#- Products other than Claude Code, and where a row has them. -#}

{% macro other_products() -%}
    {{ return({
        "chat": "chat_metrics",
        "chat_cowork_unified_chat": "chat_cowork_unified_metrics.chat",
        "chat_cowork_unified_sessions": "chat_cowork_unified_metrics.sessions",
        "claude_design": "design_metrics",
        "claude_science": "science_metrics",
        "claude_tag": "claude_tag_metrics",
        "cowork": "cowork_metrics",
        "office_excel": "office_metrics.excel",
        "office_outlook": "office_metrics.outlook",
        "office_powerpoint": "office_metrics.powerpoint",
        "office_word": "office_metrics.word",
    }) }}
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
    {{ record }}.claude_code_metrics.tool_actions as tool_actions,
    [
        {% for product, metrics in other_products().items() -%}
        {% set counts = record ~ "." ~ metrics -%}
        {
            'product': '{{ product }}',
            'message_count': {{ counts }}.message_count,
            'conversation_count': {{ counts }}.distinct_conversation_count,
            'session_count': {{ counts }}.distinct_session_count,
            'action_count': {{ counts }}.action_count,
            -- Chat counts each artifact once, the others what was made.
            'artifact_count': coalesce(
                {{ counts }}.artifacts_created_count,
                {{ counts }}.distinct_artifacts_created_count
            ),
            'web_search_count': cast(null as bigint)
        },
        {% endfor -%}
        -- Searches are told of the person and not of a product.
        {
            'product': 'none',
            'message_count': cast(null as bigint),
            'conversation_count': cast(null as bigint),
            'session_count': cast(null as bigint),
            'action_count': cast(null as bigint),
            'artifact_count': cast(null as bigint),
            'web_search_count': {{ record }}.web_search_count
        }
    ] as other_products
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
