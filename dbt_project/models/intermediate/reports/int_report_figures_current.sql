with default_workspace as (

    select * from {{ ref('int_default_workspace') }}

),

figures as (

    {% for endpoint, staged in staged_of_figures() %}
    select
        '{{ endpoint }}' as endpoint,
        window_key,
        {{ report_figure_dimensions(staged.by) }},
        count(*) as record_count
        {%- for metric in staged.figures %},
        {{ sum_of_figure(metric) }}
        {%- endfor %}
    from {{ ref(staged.model) }}
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
    figure
from figures
unpivot (
    figure for metric in (columns(* exclude (endpoint, window_key, workspace_id, model, record_count)))
)
