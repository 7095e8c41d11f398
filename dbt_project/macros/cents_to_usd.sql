{#- US dollars with six decimals. Of each record and not of a sum, so that whatever is added up, and
    in whatever order, comes to the same. -#}

{% macro cents_to_usd(expression) -%}
    {#- Multiplied, not divided: DuckDB's `/` turns decimals into doubles. -#}
    cast({{ expression }} * 0.01 as decimal(18, 6))
{%- endmacro %}
