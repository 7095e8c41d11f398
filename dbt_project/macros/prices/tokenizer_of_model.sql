{% macro tokenizer_of_model(version) -%}
    {#- From 4.7 on models count some 30 % more tokens for the same text. Unknown where the name tells
        no version. -#}
    case
        when {{ version }} is null then 'unknown'
        when
            cast(split_part({{ version }}, '.', 1) as integer) * 100
            + coalesce(try_cast(split_part({{ version }}, '.', 2) as integer), 0) >= 407
            then 'from_4_7'
        else 'before_4_7'
    end
{%- endmacro %}
