{#- What a metric counted; null where it did not come at all. -#}
{% macro metric_count(name, condition='true') -%}
    cast(
        sum(if({{ condition }}, points.added_value, 0)) filter (
            where points.metric_name = '{{ name }}'
        ) as bigint
    )
{%- endmacro %}
