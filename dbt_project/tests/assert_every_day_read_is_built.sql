-- Tests that look at the days that were built would not miss one that was not.
{% set staged = {
    "fct_claude_code_activity_daily": ["claude_code_records"],
    "fct_message_usage_daily": [
        "message_usage", "analytics_usage", "enterprise_usage", "enterprise_user_usage"
    ],
    "fct_billed_costs_daily": [
        "cost_items", "analytics_cost", "enterprise_cost", "enterprise_user_cost"
    ],
} -%}
with staged_days as (

    {% for model_name, reports in staged.items() -%}
    {% set is_last_model = loop.last -%}
    {% for report in reports -%}
    select distinct
        '{{ model_name }}' as model_name,
        usage_date
    from {{ ref('stg_anthropic__' ~ report) }}
    {{ "union" if not (loop.last and is_last_model) }}
    {% endfor -%}
    {% endfor %}

),

built_days as (

    select * from intermediate.built_days
    where model_name in (
        {% for model_name in staged -%}
        '{{ ref(model_name).identifier }}'{{ "," if not loop.last }}
        {% endfor %}
    )

)

select
    staged_days.model_name,
    staged_days.usage_date
from staged_days
anti join built_days
    on
        staged_days.model_name = built_days.model_name
        and staged_days.usage_date = built_days.period_start_date
