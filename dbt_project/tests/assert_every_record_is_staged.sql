-- A page counts its records when it is stored. A list that has moved to another field of the
-- answer would otherwise parse to nothing, in silence.
{%- set reports = {
    "usage_report_claude_code": "claude_code_records",
    "usage_report_messages": "message_usage",
    "cost_report": "cost_items",
    "analytics_usage": "analytics_usage",
    "analytics_cost": "analytics_cost",
    "enterprise_usage": "enterprise_usage",
    "enterprise_cost": "enterprise_cost",
    "enterprise_user_usage_report": "enterprise_user_usage",
    "enterprise_user_cost_report": "enterprise_user_cost",
    "enterprise_user_activity": "enterprise_user_activity",
    "enterprise_summaries": "enterprise_summaries",
} %}
with raw_records as (

    {% for report in reports %}
    select
        '{{ report }}' as endpoint,
        window_key,
        sum(record_count) as raw_count
    from {{ source('raw_anthropic', report) }}
    group by window_key
    {% if not loop.last %}union all by name{% endif %}
    {% endfor %}

),

staged_records as (

    {% for report, model_name in reports.items() %}
    select
        '{{ report }}' as endpoint,
        window_key,
        count(*) as staged_count
    from {{ ref('stg_anthropic__' ~ model_name) }}
    group by window_key
    {% if not loop.last %}union all by name{% endif %}
    {% endfor %}

)

select
    raw_records.endpoint,
    raw_records.window_key,
    raw_records.raw_count,
    coalesce(staged_records.staged_count, 0) as staged_count
from raw_records
left join staged_records
    on
        raw_records.endpoint = staged_records.endpoint
        and raw_records.window_key = staged_records.window_key
where coalesce(staged_records.staged_count, 0) <> raw_records.raw_count
