{#- Overrides dbt-duckdb's own: a folded description of YAML ends in a line break, which no reader of
    a comment wants. -#}

{% macro duckdb_escape_comment(comment) -%}
    '{{ comment | trim | replace("'", "''") }}'
{%- endmacro %}
