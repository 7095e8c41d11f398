-- The day inside an answer must be the day that was asked for.
with days as (

    {% for report in reports() if report.is_followed %}
    select distinct window_key, usage_date from {{ ref(report.model) }}
    {% if not loop.last %}union all by name{% endif %}
    {% endfor %}

)

select
    window_key,
    usage_date
from days
where cast(usage_date as varchar) is distinct from window_key
