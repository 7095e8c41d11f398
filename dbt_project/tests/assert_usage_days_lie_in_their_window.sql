-- The day inside an answer must be the day that was asked for.
with days as (

    {% for model_name in [
        "claude_code_records", "message_usage", "cost_items", "analytics_usage", "analytics_cost",
        "enterprise_usage", "enterprise_cost", "enterprise_user_usage", "enterprise_user_cost",
        "enterprise_summaries",
    ] %}
    select distinct window_key, usage_date from {{ ref('stg_anthropic__' ~ model_name) }}
    {% if not loop.last %}union all by name{% endif %}
    {% endfor %}

)

select
    window_key,
    usage_date
from days
where cast(usage_date as varchar) is distinct from window_key
