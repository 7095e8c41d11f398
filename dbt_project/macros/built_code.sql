{#- What an incremental table was made with.

    A table that keeps what an earlier version of its model made is wrong without a sign. So the
    hash of a model's SQL, macros expanded, is kept in `intermediate.built_models`, and a build
    whose SQL differs starts that table anew. The hash of a model that is made of other incremental
    tables, or of views, holds theirs, so it starts anew with them. -#}

{% macro prepare_build_records() -%}
    create schema if not exists intermediate;
    {%- if execute and run_query(
        "select count(*) from duckdb_columns() where schema_name = 'intermediate'"
        " and table_name = 'built_days' and column_name = 'stamp'"
    ).rows[0][0] %}
    {#- As it was called before. -#}
    alter table intermediate.built_days rename column stamp to fingerprint;
    {%- endif %}
    create table if not exists intermediate.built_models (model_name varchar, code varchar);
    create table if not exists intermediate.built_days (
        model_name varchar, period_start_date date, fingerprint hugeint, built_by varchar
    );
    create table if not exists intermediate.tested_days (
        test_name varchar,
        code varchar,
        model_name varchar,
        period_start_date date,
        built_by varchar
    );
    create or replace table intermediate.broken_rules (
        test_name varchar, rule varchar, column_name varchar, row_count bigint
    )
{%- endmacro %}

{% macro should_full_refresh() -%}
    {#- Overrides dbt's own, which asks the configuration and the command line only. -#}
    {%- set asked_for = config.get("full_refresh") -%}
    {%- if asked_for is none -%}
        {%- set asked_for = flags.FULL_REFRESH -%}
    {%- endif -%}
    {%- if asked_for or not execute or model.config.materialized != "incremental" -%}
        {{ return(asked_for) }}
    {%- endif -%}
    {#- Asked several times while a model is built. -#}
    {%- if model.get("starts_anew") is none -%}
        {%- do model.update({
            "starts_anew": built_code(model.name) != code_of_model()
            or (is_built_by_days(model) and have_most_days_changed())
        }) -%}
    {%- endif -%}
    {{ return(model.starts_anew) }}
{%- endmacro %}

{% macro code_of_model() -%}
    {#- The flag keeps what depends on the tables' contents out of the SQL. -#}
    {%- do model.update({"is_being_fingerprinted": true}) -%}
    {%- set sql = [render(model.raw_code)] -%}
    {%- do model.update({"is_being_fingerprinted": false}) -%}
    {%- for parent_id in model.depends_on.nodes | sort -%}
        {%- set parent = graph.nodes.get(parent_id, {}) -%}
        {%- if keeps_its_code(parent) -%}
            {%- do sql.append(built_code(parent.name) | string) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return("made with " ~ local_md5(sql | join(";"))) }}
{%- endmacro %}

{% macro keeps_its_code(node) -%}
    {#- Also views, which an incremental table may be made of. -#}
    {{ return(node.get("config", {}).get("materialized") in ["incremental", "view"]) }}
{%- endmacro %}

{% macro built_code(model_name) -%}
    {#- None before the first build. -#}
    {%- if not has_build_records() -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set found = run_query(
        "select code from intermediate.built_models where model_name = '" ~ model_name ~ "'"
    ) -%}
    {{ return(found.rows[0][0] if found.rows else none) }}
{%- endmacro %}

{% macro has_build_records() -%}
    {#- Not before the first build, when the project is compiled alone. dbt's own cache of tables does
        not know those that a hook makes. -#}
    {%- set found = run_query(
        "select 1 from duckdb_tables() where database_name = current_database()"
        " and schema_name = 'intermediate' and table_name = 'built_models'"
    ) -%}
    {{ return(found.rows | length > 0) }}
{%- endmacro %}

{% macro remember_built_model() -%}
    {#- Runs in the transaction that builds the table. -#}
    {%- if execute and keeps_its_code(model) -%}
        delete from intermediate.built_models where model_name = '{{ model.name }}';
        insert into intermediate.built_models values ('{{ model.name }}', '{{ code_of_model() }}')
        {%- if is_built_by_days(model) and config.get("unique_key") == "window_key" %};
        {{ remember_built_days() }}
        {%- endif %}
    {%- endif -%}
{%- endmacro %}
