{#- What a staged table was made with.

    A table that keeps what an earlier version of its model parsed is wrong without a sign. So the
    hash of a model's SQL, macros expanded, is kept as the comment of its table, and a build whose
    SQL differs starts that table anew. The hash of a model that is made of a staged table holds
    that table's, so it starts anew with it. -#}

{% macro should_full_refresh() -%}
    {#- Overrides dbt's own, which asks the configuration and the command line only. -#}
    {%- set asked_for = config.get("full_refresh") -%}
    {%- if asked_for is none -%}
        {%- set asked_for = flags.FULL_REFRESH -%}
    {%- endif -%}
    {%- if asked_for or not execute or model.config.materialized != "incremental" -%}
        {{ return(asked_for) }}
    {%- endif -%}
    {{ return(staging_code_of(this) != staging_code()) }}
{%- endmacro %}

{% macro staging_code() -%}
    {#- The flag keeps what depends on the tables' contents out of the SQL. -#}
    {%- do model.update({"is_being_fingerprinted": true}) -%}
    {%- set sql = render(model.raw_code) -%}
    {%- do model.update({"is_being_fingerprinted": false}) -%}
    {%- set parent = graph.nodes.get(model.depends_on.nodes[0]) -%}
    {%- if parent -%}
        {%- set sql = sql ~ staging_code_of(api.Relation.create(
            database=parent.database, schema=parent.schema, identifier=parent.alias
        )) -%}
    {%- endif -%}
    {{ return("made with " ~ local_md5(sql)) }}
{%- endmacro %}

{% macro staging_code_of(relation) -%}
    {%- set found = run_query(
        "select comment from duckdb_tables() where database_name = '" ~ relation.database
        ~ "' and schema_name = '" ~ relation.schema
        ~ "' and table_name = '" ~ relation.identifier ~ "'"
    ) -%}
    {{ return(found.rows[0][0] if found.rows else none) }}
{%- endmacro %}

{% macro remember_staging_code() -%}
    {%- if execute and model.config.materialized == "incremental" -%}
        comment on table {{ this }} is '{{ staging_code() }}'
    {%- endif -%}
{%- endmacro %}
