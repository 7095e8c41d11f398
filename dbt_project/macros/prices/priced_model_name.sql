{% macro priced_model_name(expression) -%}
    {#- The name that the list of prices has: without the window in brackets and without the date. -#}
    regexp_replace(
        regexp_replace(lower({{ expression }}), '\[[^\]]*\]$', ''), '[-@](\d{8}|latest)$', ''
    )
{%- endmacro %}
