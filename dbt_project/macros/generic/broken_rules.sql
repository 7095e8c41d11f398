{#- Which rules a test of several found broken, for those who read that it failed: dbt itself says
    how many rows there are. Without their values, which may name somebody. -#}

{% macro remember_broken_rules(results) -%}
    {%- set found = [] -%}
    {%- for result in results if result.status in ["fail", "warn"] -%}
        {%- set metadata = result.node.test_metadata or {} -%}
        {%- if result.node.resource_type == "test" and metadata.name in ["row_rules", "joins"] -%}
            {%- do found.append(
                "select '" ~ result.node.name ~ "' as test_name, rule, column_name,"
                " sum(row_count) as row_count from (" ~ result.node.compiled_code ~ ") as breaches"
                " group by all"
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if found -%}
        insert into intermediate.broken_rules by name {{ found | join(" union all ") }}
    {%- endif -%}
{%- endmacro %}
