{% macro person_key(root_type, root_value) -%}
    {#- The key of a person hangs on what identifies them best, not on the run. -#}
    md5(concat({{ root_type }}, ':', {{ root_value }}))
{%- endmacro %}
