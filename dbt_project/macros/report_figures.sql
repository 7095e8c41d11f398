{#- The figures that reports tell, one entry for each staged table that holds some: the report's raw
    table, the columns of workspace and model, or none, and those of the metrics, whose names
    tell the unit. Costs are in cents there, and told in US dollars. -#}

{% macro report_figures() -%}
    {%- set tokens = [
        "uncached_input_tokens",
        "output_tokens",
        "cache_read_tokens",
        "cache_creation_5m_tokens",
        "cache_creation_1h_tokens",
        "web_search_count",
    ] -%}
    {%- set costs = ["billed_cost_cents", "list_cost_cents"] -%}
    {%- set activity = [
        "session_count",
        "lines_added",
        "lines_removed",
        "commit_count",
        "pull_request_count",
    ] -%}
    {%- set model_usage = [
        "input_tokens",
        "output_tokens",
        "cache_read_tokens",
        "cache_creation_tokens",
        "estimated_cost_cents",
    ] -%}
    {%- set people = [
        "daily_active_user_count",
        "claude_code_daily_active_user_count",
        "assigned_seat_count",
    ] -%}
    {{ return([
        ["usage_report_claude_code", "claude_code_records", none, none, activity],
        ["usage_report_claude_code", "claude_code_model_usage", none, "model", model_usage],
        ["usage_report_messages", "message_usage", "workspace_id", "model", tokens],
        ["cost_report", "cost_items", "workspace_id", "model", ["billed_cost_cents"]],
        ["analytics_usage", "analytics_usage", "workspace_id", "model", tokens],
        ["analytics_cost", "analytics_cost", "workspace_id", "model", costs],
        ["enterprise_usage", "enterprise_usage", none, "model", tokens],
        ["enterprise_cost", "enterprise_cost", none, "model", costs],
        ["enterprise_user_usage_report", "enterprise_user_usage", none, "model", tokens],
        ["enterprise_user_cost_report", "enterprise_user_cost", none, "model", costs],
        ["enterprise_user_activity", "enterprise_user_activity", none, none, activity],
        ["enterprise_summaries", "enterprise_summaries", none, none, people],
    ]) }}
{%- endmacro %}

{% macro report_figure_dimensions(workspace, model_column) -%}
    {% if workspace -%}
        {{ workspace_or_default(workspace) }}
    {%- else -%} 'none'
    {%- endif %} as workspace_id,
    {% if model_column %}coalesce({{ model_column }}, 'none'){% else %}'none'{% endif %} as model
{%- endmacro %}

{#- The sum of one metric over records, each counted as often as `times` says. -#}

{% macro sum_of_figure(metric, times=none) -%}
    {%- set figure = cents_to_usd(metric) if metric.endswith("_cents") else metric -%}
    cast(sum({{ figure }}{{ " * " ~ times if times }}) as decimal(38, 10))
        as {{ metric.replace("_cents", "_usd") }}
{%- endmacro %}
