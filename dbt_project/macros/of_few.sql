{#- Whether a median of `count` values rests on so few that one of them moves it. -#}

{% macro of_few(count) -%}
coalesce({{ count }}, 0) between 1 and 4
{%- endmacro %}
