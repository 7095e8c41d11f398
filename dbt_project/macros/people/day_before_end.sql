{% macro day_before_end(day, end) -%}
    {#- Whether a day lies before the end of a stretch of time, which is null while it is open. One
        comparison: with an `or` in its condition, DuckDB makes a left join by comparing each row of
        one side with each of the other, minutes where this takes a second. -#}
    {{ day }} < coalesce({{ end }}, date 'infinity')
{%- endmacro %}
