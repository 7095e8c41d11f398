{% macro organization_kind_of(report) -%}
    {#- The kind of organisation that a report is of. Published facts name the report alone: who needs
        the kind reads int_costs_billed or int_costs_attributed. -#}
    if(starts_with({{ report }}, 'enterprise'), 'enterprise', 'console')
{%- endmacro %}
