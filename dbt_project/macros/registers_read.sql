{% macro report_of(endpoint) -%}
    {#- The declaration of the report of a raw table. -#}
    {{ return(reports() | selectattr("endpoint", "equalto", endpoint) | first) }}
{%- endmacro %}

{% macro reports_of(subject) -%}
    {#- The reports that marts take days of a subject from. -#}
    {{ return(reports() | selectattr("subject", "equalto", subject) | list) }}
{%- endmacro %}

{% macro of_sources(model_name, only_with_days=false) -%}
    {#- A query of a staging model that each source has one of, or each source with reports by day. -#}
    {%- set names = [] -%}
    {%- for one in sources() if one.has_days or not only_with_days -%}
        {%- do names.append("stg_" ~ one.name ~ "__" ~ model_name) -%}
    {%- endfor -%}
    {%- for name in names %}
    select * from {{ ref(name) }}
    {%- if not loop.last %}
    union all by name
    {%- endif %}
    {%- endfor %}
{%- endmacro %}
