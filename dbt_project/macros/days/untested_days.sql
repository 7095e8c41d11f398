{#- Tests that look only at the days they have not passed yet.

    When a test has passed, the days that its models by days hold are kept in
    `intermediate.tested_days`, each with the build that made it. The test looks at a day again when
    it was built again, when it did not pass, or when the test itself has changed. A generic test of
    two models looks at all days: the other model may have changed. -#}

{% macro get_where_subquery(relation) -%}
    {#- Overrides dbt's own: what a generic test reads of the model that it is attached to. -#}
    {%- set conditions = [config.get("where")] | select | list -%}
    {%- set tested = the_model_by_days_of(model) if execute -%}
    {%- if tested -%}
        {%- do conditions.append(untested_days_of(tested, tested.config.unique_key)) -%}
    {%- endif -%}
    {%- if conditions -%}
        {{ return(
            "(select * from " ~ relation ~ " where " ~ conditions | join(" and ") ~ ") as to_test"
        ) }}
    {%- endif -%}
    {{ return(relation) }}
{%- endmacro %}

{% macro the_model_by_days_of(node) -%}
    {#- Of a test or view that reads nothing else. -#}
    {%- set parent = graph.nodes.get(node.depends_on.nodes[0]) -%}
    {%- if parent and node.depends_on.nodes | length == 1 -%}
        {%- if is_built_by_days(parent) -%}
            {{ return(parent) }}
        {%- elif parent.config.materialized == "view" -%}
            {{ return(the_model_by_days_of(parent)) }}
        {%- endif -%}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}

{% macro in_untested_days(column) -%}
    {#- The condition for a test of its own file: days of any of its models by days. -#}
    {%- set conditions = ["false"] -%}
    {%- if execute -%}
        {%- for tested in parents_by_days(model) -%}
            {%- do conditions.append(untested_days_of(tested, column)) -%}
        {%- endfor -%}
    {%- endif -%}
    ({{ conditions | join(" or ") }})
{%- endmacro %}

{% macro untested_days_of(tested, column) -%}
    {%- if model.get("untested_days") is none -%}
        {%- do model.update({"untested_days": {}}) -%}
    {%- endif -%}
    {%- if tested.name not in model.untested_days -%}
        {%- do model.untested_days.update({tested.name: untested_stretches_of(tested)}) -%}
    {%- endif -%}
    {%- set stretches = model.untested_days[tested.name] -%}
    {{ return("true" if stretches is none else lies_in(column, stretches)) }}
{%- endmacro %}

{% macro untested_stretches_of(tested) -%}
    {#- None where nothing is known of them: all days. -#}
    {%- if not has_build_records() -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set starts = run_query(
        "select period_start_date from intermediate.built_days"
        " where model_name = '" ~ tested.name ~ "' except"
        " select built_days.period_start_date from intermediate.built_days"
        " inner join intermediate.tested_days using (model_name, period_start_date, built_by)"
        " where model_name = '" ~ tested.name ~ "' and test_name = '" ~ model.name ~ "'"
        " and code = '" ~ code_of_test(model.unique_id) ~ "' order by 1"
    ).columns[0].values() -%}
    {{ return(stretches_of(starts, period_of(tested))) }}
{%- endmacro %}

{% macro code_of_test(unique_id) -%}
    {%- set test = graph.nodes[unique_id] -%}
    {{ return(local_md5(tojson(test.get("test_metadata")) ~ test.config.where ~ test.raw_code)) }}
{%- endmacro %}

{% macro remember_tested_days(results) -%}
    {%- set passed = [] -%}
    {%- for result in results if result.node.resource_type == "test" and result.status == "pass" -%}
        {%- set test = graph.nodes[result.node.unique_id] -%}
        {%- for tested in parents_by_days(test) -%}
            {%- do passed.append(
                "('" ~ [test.name, code_of_test(test.unique_id), tested.name] | join("', '") ~ "')"
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if passed -%}
        create temp table passed as
        from (values {{ passed | join(", ") }}) as passed (test_name, code, model_name);
        delete from intermediate.tested_days
        where test_name in (select test_name from passed);
        insert into intermediate.tested_days by name
        select
            passed.test_name,
            passed.code,
            passed.model_name,
            built_days.period_start_date,
            built_days.built_by
        from passed
        inner join intermediate.built_days using (model_name);
        drop table passed
    {%- endif -%}
{%- endmacro %}
