{#- The figures that reports tell, by their staging models. Costs are in cents there, and told in US
    dollars. -#}

{% macro staged_of_figures() -%}
    {#- Pairs of a report's endpoint and what is declared of a staging model that holds figures. -#}
    {%- set found = [] -%}
    {%- for report in reports() -%}
        {%- for staged in report.staged if staged.figures -%}
            {%- do found.append([report.endpoint, staged]) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{% macro revised_records(endpoint, staged) -%}
    {#- A query of the records of the CTE `revisions` as the staging model has them: the macros
        `<read>_shape` and `<read>_columns` of its declaration say how. -#}
    select
        window_key,
        times,
        revised_at,
        {{ context[staged.read ~ "_columns"]("record") }}
    from (
        select
            window_key,
            times,
            revised_at,
            {% if staged["items"] -%}
            unnest(record.{{ staged["items"] }}) as record
            {%- else -%}
            record
            {%- endif %}
        from (
            select
                window_key,
                times,
                revised_at,
                from_json(text, '{{ context[staged.read ~ "_shape"]() }}') as record
            from revisions
            where endpoint = '{{ endpoint }}'
        ) as parsed
    ) as records
{%- endmacro %}

{% macro report_figure_dimensions(by) -%}
    {% if "workspace_id" in by -%}
        {{ workspace_or_default("workspace_id") }}
    {%- else -%} 'none'
    {%- endif %} as workspace_id,
    {% if "model" in by %}coalesce(model, 'none'){% else %}'none'{% endif %} as model
{%- endmacro %}

{#- The sum of one metric over records, each counted as often as `times` says. -#}

{% macro sum_of_figure(metric, times=none) -%}
    {%- set figure = cents_to_usd(metric) if metric.endswith("_cents") else metric -%}
    cast(sum({{ figure }}{{ " * " ~ times if times }}) as decimal(38, 10))
        as {{ metric.replace("_cents", "_usd") }}
{%- endmacro %}
