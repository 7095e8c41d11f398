{% macro decimal_cents(text) -%}
    {#- Cents from text, decimal(24,10). DuckDB reads a decimal of more than 18 digits a hundred
        times slower than a shorter one (3 s for a million), and for every value when any branch
        asks for it: so the longer way gets only what does not fit the shorter. -#}
    {%- set short = "try_cast(" ~ text ~ " as decimal(18, 10))" -%}
    coalesce(
        cast({{ short }} as decimal(24, 10)),
        cast(case when {{ short }} is null then {{ text }} end as decimal(24, 10))
    )
{%- endmacro %}
