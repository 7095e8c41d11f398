{% macro workspace_or_default(expression) -%}
    {#- The legacy reports leave the default workspace null, the newer ones and the scope of keys
        name it by its real id: both are `default`. The model has `int_default_workspace` as the
        CTE `default_workspace`. -#}
    coalesce(
        nullif({{ expression }}, (select workspace_id from default_workspace)), 'default'
    )
{%- endmacro %}
