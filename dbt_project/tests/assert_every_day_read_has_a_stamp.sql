-- A day without one would never be built, and no test that looks at built days would miss it.
{% set staged = {
    "activity": ["claude_code_records", "claude_code_model_usage", "enterprise_user_activity"],
    "usage": ["message_usage", "analytics_usage", "enterprise_usage", "enterprise_user_usage"],
    "cost": ["cost_items", "analytics_cost", "enterprise_cost", "enterprise_user_cost"],
} -%}
with staged_days as (

    {% for input, models in staged.items() -%}
    {% set is_last_input = loop.last -%}
    {% for name in models -%}
    select distinct
        '{{ input }}' as input,
        usage_date
    from {{ ref('stg_anthropic__' ~ name) }}
    {{ "union" if not (loop.last and is_last_input) }}
    {% endfor -%}
    {% endfor %}

)

select
    staged_days.input,
    staged_days.usage_date
from staged_days
anti join {{ ref('int_day_stamps') }} as stamps
    on staged_days.input = stamps.input and staged_days.usage_date = stamps.usage_date
