with default_workspace as (

    select * from {{ ref('int_default_workspace') }}

),

figures as (

    {% for endpoint, staged, workspace, model_column, metrics in report_figures() %}
    select
        '{{ endpoint }}' as endpoint,
        window_key,
        {{ report_figure_dimensions(workspace, model_column) }},
        count(*) as record_count
        {%- for metric in metrics %},
        {{ sum_of_figure(metric) }}
        {%- endfor %}
    from {{ ref('stg_anthropic__' ~ staged) }}
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
