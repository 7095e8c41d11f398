{% macro normal_email(expression) -%}
    {#- Mail addresses are matched whatever their case; an empty one is no address. -#}
    nullif(lower(trim({{ expression }})), '')
{%- endmacro %}
