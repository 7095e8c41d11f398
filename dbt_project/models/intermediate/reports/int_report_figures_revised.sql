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
    from ({{ of_sources("record_revisions", only_with_days=true) }})

),

figures as (

    {% for endpoint, staged in staged_of_figures() %}
    select
        '{{ endpoint }}' as endpoint,
        window_key,
        {{ report_figure_dimensions(staged.by) }},
        revised_at,
        sum(times) as record_count
        {%- for metric in staged.figures %},
        {{ sum_of_figure(metric, "times") }}
        {%- endfor %}
    from ({{ revised_records(endpoint, staged) | indent(8) }})
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
