-- Tests that look at the days that were built would not miss one that was not.
{% set subjects = {
    "fct_claude_code_activity_daily": "activity",
    "fct_message_usage_daily": "usage",
    "fct_billed_costs_daily": "cost",
} -%}
with staged_days as (

    {% for model_name, subject in subjects.items() -%}
    {% set is_last_model = loop.last -%}
    {% for report in reports_of(subject) -%}
    select distinct
        '{{ model_name }}' as model_name,
        usage_date
    from {{ ref(report.model) }}
    {{ "union" if not (loop.last and is_last_model) }}
    {% endfor -%}
    {% endfor %}

),

built_days as (

    select * from intermediate.built_days
    where model_name in (
        {% for model_name in subjects -%}
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
