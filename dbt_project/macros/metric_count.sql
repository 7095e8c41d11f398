{#- What a metric counted; null where it did not come at all. -#}
{% macro metric_count(name, condition='true') -%}
    cast(
        sum(points.added_value) filter (
            where points.metric_name = '{{ name }}' and {{ condition }}
        ) as bigint
    )
{%- endmacro %}
