{% macro cost_per(cost, count, units=1) -%}
    {#- Whole millionths divided as integers: exact but for the last digit, which is cut off. -#}
    cast({{ micros(cost) }} * {{ units }} // nullif({{ count }}, 0) * 0.000001 as decimal(18, 6))
{%- endmacro %}
