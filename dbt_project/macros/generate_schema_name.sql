{% macro generate_schema_name(custom_schema_name, node) -%}
    {#- Plain schema names: `marts`, not `staging_marts`. Readers write `marts.x`. -#}
    {{ custom_schema_name if custom_schema_name else target.schema }}
{%- endmacro %}
