{% macro cents_to_usd(expression) -%}
    {#- Multiplied, not divided: DuckDB's `/` turns decimals into doubles. -#}
    cast({{ expression }} * 0.01 as decimal(18, 6))
{%- endmacro %}
