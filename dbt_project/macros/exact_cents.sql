{% macro exact_cents(amount) -%}
    {#- A decimal string as decimal(24, 10).

        DuckDB 1.5 takes 4 microseconds to read a decimal of more than 18 digits, and a sixtieth of
        that for shorter ones. So what fits in 18 goes that way. Each way gets null for what goes
        the other: `case` would have both worked out. -#}
    {%- set is_short = "regexp_full_match(" ~ amount ~ ", '-?[0-9]{1,8}([.][0-9]{1,10})?')" -%}
    coalesce(
        cast(
            cast(case when {{ is_short }} then {{ amount }} end as decimal(18, 10))
            as decimal(24, 10)
        ),
        cast(case when not {{ is_short }} then {{ amount }} end as decimal(24, 10))
    )
{%- endmacro %}
