{% macro utc_date(expression) -%}
    {#- The reports name a UTC day as `2026-11-18` or `2026-11-18T00:00:00Z`: the first ten
        characters are the day in both, and no session zone can move it. -#}
    cast(left({{ expression }}, 10) as date)
{%- endmacro %}
