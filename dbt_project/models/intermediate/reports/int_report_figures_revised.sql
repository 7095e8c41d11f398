{#- How a record of each staged table is read out of the revised record. -#}
{%- set parsed = {
    "claude_code_records": [claude_code_record_shape(), "
        record.core_metrics.num_sessions as session_count,
        record.core_metrics.lines_of_code.added as lines_added,
        record.core_metrics.lines_of_code.removed as lines_removed,
        record.core_metrics.commits_by_claude_code as commit_count,
        record.core_metrics.pull_requests_by_claude_code as pull_request_count
    "],
    "message_usage": [message_usage_shape(), message_usage_columns("record")],
    "cost_items": [cost_item_shape(), cost_item_columns("record")],
    "enterprise_user_activity": [user_activity_shape(), user_activity_columns("record")],
    "enterprise_summaries": [summary_shape(), summary_columns("record")],
} -%}
{%- for report in ["analytics_usage", "enterprise_usage"] -%}
    {%- do parsed.update({report: [
        analytics_row_shape("usage", analytics_usage_fields()),
        analytics_usage_figures('record."group"', "record.usage")
    ]}) -%}
{%- endfor -%}
{%- for report in ["analytics_cost", "enterprise_cost"] -%}
    {%- do parsed.update({report: [
        analytics_row_shape("cost", analytics_cost_fields()),
        analytics_cost_figures('record."group"', "record.cost")
    ]}) -%}
{%- endfor -%}
{%- do parsed.update({
    "enterprise_user_usage": [
        user_report_row_shape(analytics_usage_fields()), analytics_usage_figures("record", "record")
    ],
    "enterprise_user_cost": [
        user_report_row_shape(analytics_cost_fields()), analytics_cost_figures("record", "record")
    ],
}) -%}
with default_workspace as (

    select * from {{ ref('int_default_workspace') }}

),

-- What an earlier reading had more than the one after it.
revisions as (

    select
        endpoint,
        window_key,
        record as text,
        case change when 'removed' then record_count else -record_count end as times,
        revised_at
    from {{ ref('stg_anthropic__record_revisions') }}

),

claude_code_model_usage as (

    select
        window_key,
        times,
        revised_at,
        unnest(
            from_json(text, '{{ claude_code_record_shape() }}').model_breakdown
        ) as usage
    from revisions
    where endpoint = 'usage_report_claude_code'

),

figures as (

    {% for endpoint, staged, workspace, model_column, metrics in report_figures() %}
    select
        '{{ endpoint }}' as endpoint,
        window_key,
        {{ report_figure_dimensions(workspace, model_column) }},
        revised_at,
        sum(times) as record_count
        {%- for metric in metrics %},
        {{ sum_of_figure(metric, "times") }}
        {%- endfor %}
    from (
        {% if staged == "claude_code_model_usage" %}
        select
            window_key,
            times,
            revised_at,
            usage.model as model,
            usage.tokens.input as input_tokens,
            usage.tokens.output as output_tokens,
            usage.tokens.cache_read as cache_read_tokens,
            usage.tokens.cache_creation as cache_creation_tokens,
            {{ decimal_cents("usage.estimated_cost.amount") }} as estimated_cost_cents
        from claude_code_model_usage
        {% else %}
        select
            window_key,
            times,
            revised_at,
            {{ parsed[staged][1] }}
        from (
            select
                window_key,
                times,
                revised_at,
                from_json(text, '{{ parsed[staged][0] }}') as record
            from revisions
            where endpoint = '{{ endpoint }}'
        )
        {% endif %}
    )
    group by all
    {% if not loop.last %}union all by name{% endif %}
    {% endfor %}

)

select
    endpoint,
    window_key,
    workspace_id,
    model,
    metric,
    record_count,
    figure,
    revised_at
from figures
unpivot (
    figure for metric in (
        columns(* exclude (endpoint, window_key, workspace_id, model, record_count, revised_at))
    )
)
