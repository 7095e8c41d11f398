{#- Records of the Console reports: their shapes, and their columns where a revised record is read
    as a stored one is. -#}

{% macro claude_code_record_shape() -%}
    {
        "date": "VARCHAR",
        "organization_id": "VARCHAR",
        "actor": {
            "type": "VARCHAR",
            "email_address": "VARCHAR",
            "api_key_name": "VARCHAR"
        },
        "customer_type": "VARCHAR",
        "subscription_type": "VARCHAR",
        "terminal_type": "VARCHAR",
        "is_remote": "BOOLEAN",
        "core_metrics": {
            "num_sessions": "BIGINT",
            "lines_of_code": {"added": "BIGINT", "removed": "BIGINT"},
            "commits_by_claude_code": "BIGINT",
            "pull_requests_by_claude_code": "BIGINT"
        },
        "tool_actions": "MAP(VARCHAR, STRUCT(accepted BIGINT, rejected BIGINT))",
        "model_breakdown": [{
            "model": "VARCHAR",
            "tokens": {
                "input": "BIGINT",
                "output": "BIGINT",
                "cache_read": "BIGINT",
                "cache_creation": "BIGINT"
            },
            "estimated_cost": {"amount": "VARCHAR", "currency": "VARCHAR"}
        }]
    }
{%- endmacro %}

{% macro claude_code_record_columns(record) -%}
    {{ record }}.core_metrics.num_sessions as session_count,
    {{ record }}.core_metrics.lines_of_code.added as lines_added,
    {{ record }}.core_metrics.lines_of_code.removed as lines_removed,
    {{ record }}.core_metrics.commits_by_claude_code as commit_count,
    {{ record }}.core_metrics.pull_requests_by_claude_code as pull_request_count
{%- endmacro %}

{#- Of an item of a record's `model_breakdown`. -#}

{% macro claude_code_model_usage_shape() -%}
    {{ claude_code_record_shape() }}
{%- endmacro %}

{% macro claude_code_model_usage_columns(item) -%}
    {{ item }}.model as model,
    {{ item }}.tokens.input as input_tokens,
    {{ item }}.tokens.output as output_tokens,
    {{ item }}.tokens.cache_read as cache_read_tokens,
    {{ item }}.tokens.cache_creation as cache_creation_tokens,
    {{ decimal_cents(item ~ ".estimated_cost.amount") }} as estimated_cost_cents
{%- endmacro %}

{% macro message_usage_shape() -%}
    {
        "workspace_id": "VARCHAR",
        "api_key_id": "VARCHAR",
        "model": "VARCHAR",
        "service_tier": "VARCHAR",
        "context_window": "VARCHAR",
        "uncached_input_tokens": "BIGINT",
        "output_tokens": "BIGINT",
        "cache_read_input_tokens": "BIGINT",
        "cache_creation": {
            "ephemeral_5m_input_tokens": "BIGINT",
            "ephemeral_1h_input_tokens": "BIGINT"
        },
        "server_tool_use": {"web_search_requests": "BIGINT"}
    }
{%- endmacro %}

{% macro message_usage_columns(record) -%}
    {{ record }}.workspace_id as workspace_id,
    {{ record }}.api_key_id as api_key_id,
    {{ record }}.model as model,
    {{ record }}.service_tier as service_tier,
    {{ record }}.context_window as context_window,
    {{ message_token_columns(record) }},
    {{ record }}.server_tool_use.web_search_requests as web_search_count
{%- endmacro %}

{% macro message_token_columns(record) -%}
    {{ record }}.uncached_input_tokens as uncached_input_tokens,
    {{ record }}.output_tokens as output_tokens,
    {{ record }}.cache_read_input_tokens as cache_read_tokens,
    {{ record }}.cache_creation.ephemeral_5m_input_tokens as cache_creation_5m_tokens,
    {{ record }}.cache_creation.ephemeral_1h_input_tokens as cache_creation_1h_tokens
{%- endmacro %}

{% macro cost_item_shape() -%}
    {
        "workspace_id": "VARCHAR",
        "description": "VARCHAR",
        "cost_type": "VARCHAR",
        "model": "VARCHAR",
        "token_type": "VARCHAR",
        "service_tier": "VARCHAR",
        "context_window": "VARCHAR",
        "inference_geo": "VARCHAR",
        "amount": "VARCHAR",
        "currency": "VARCHAR"
    }
{%- endmacro %}

{% macro cost_item_columns(record) -%}
    {{ record }}.workspace_id as workspace_id,
    {{ record }}.description as line_item_description,
    {{ record }}.cost_type as cost_type,
    {{ record }}.model as model,
    {{ record }}.token_type as token_type,
    {{ record }}.service_tier as service_tier,
    {{ record }}.context_window as context_window,
    {{ record }}.inference_geo as inference_geo,
    {{ record }}.currency as currency,
    {{ decimal_cents(record ~ ".amount") }} as billed_cost_cents
{%- endmacro %}
