{#- Rows that an organisation brings without editing this project.

    The folder `SEEDS_PATH` may hold a file of the seed's name, which replaces the seed whole: its
    columns are read by name, as the types given here. Looked for when the model is built, not when
    the project is parsed. -#}

{% macro organisation_seed(seed, columns) -%}
    {#- Asked of the connection: a variable that dbt reads itself has it parse files anew. -#}
    {%- set folder = run_query("select seeds_path()").rows[0][0]
        if execute and model.resource_type != "unit_test" else "" -%}
    {%- set path = (folder ~ "/" ~ seed.identifier ~ ".csv") | replace("'", "''") -%}
    {%- set is_replaced = folder
        and run_query("select count(*) from glob('" ~ path ~ "')").rows[0][0] > 0 -%}
    select
        {%- for column, type in columns.items() %}
        cast(nullif(trim({{ column }}), '') as {{ type }}) as {{ column }}{{ "," if not loop.last }}
        {%- endfor %}
    {%- if is_replaced %}
    from read_csv('{{ path }}', header = true, all_varchar = true, delim = ',', quote = '"')
    {%- else %}
    from (
        select {% for column in columns -%}
        cast({{ column }} as varchar) as {{ column }}{{ ", " if not loop.last }}
        {%- endfor %}
        from {{ seed }}
    ) as seed_rows
    {%- endif %}
{%- endmacro %}
