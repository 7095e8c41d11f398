{% macro report_of(endpoint) -%}
    {#- The declaration of the report of a raw table. -#}
    {{ return(reports() | selectattr("endpoint", "equalto", endpoint) | first) }}
{%- endmacro %}

{% macro reports_of(subject) -%}
    {#- The reports that marts take days of a subject from. -#}
    {{ return(reports() | selectattr("subject", "equalto", subject) | list) }}
{%- endmacro %}
