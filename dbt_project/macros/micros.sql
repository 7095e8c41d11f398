{% macro micros(amount) -%}
    {#- Whole millionths of an amount with six decimals. Wide first: the product of a million dollars
        does not fit the 18 digits that DuckDB multiplies in. -#}
    cast(cast({{ amount }} as decimal(38, 6)) * 1000000 as hugeint)
{%- endmacro %}
