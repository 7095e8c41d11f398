{#- Models that build anew only the days, or months, that changed.

    Such a model is `incremental` with the strategy `changed_days` and makes each of its days of the
    same days of what it reads. What another table says of a day is one number, its fingerprint, in
    `int_day_fingerprints`. When the day is built, the sum of the fingerprints of what it reads, and of those
    that other such models were built of where it reads them, is kept in `intermediate.built_days`.
    A day with another sum than it was built of is deleted and built anew, in one transaction with
    its sum: after builds of a part of the models, or one that was killed, the next ends where a full
    refresh would. What a model reads is known from the graph, views seen through; a contract test
    asks for a fingerprint of each.

    A model's `unique_key` is the column that names the day: `usage_date`, `month_start_date` for
    months, `window_key` where pages of a report are staged, of which the pages are the input. Its
    `post_hook` names the tables of fingerprints, of which it keeps the sum. In its `meta` stand
    `days_before` and `days_after`, when its days are also made of days before and after them. -#}

{% macro is_built_by_days(node) -%}
    {{ return(
        node.config.materialized == "incremental"
        and node.config.incremental_strategy == "changed_days"
    ) }}
{%- endmacro %}

{% macro parents_by_days(node) -%}
    {#- The models by days that a model or a test is made of, also through views. -#}
    {%- set parents = [] -%}
    {%- for parent_id in node.depends_on.nodes | sort -%}
        {%- set parent = graph.nodes.get(parent_id) -%}
        {%- if parent and is_built_by_days(parent) -%}
            {%- do parents.append(parent) -%}
        {%- elif parent and parent.config.materialized == "view" -%}
            {%- do parents.extend(parents_by_days(parent)) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(parents) }}
{%- endmacro %}

{% macro parents_with_fingerprints(node) -%}
    {#- The names of all else that a model is made of, also through views. -#}
    {%- set names = [] -%}
    {%- for parent_id in node.depends_on.nodes | sort -%}
        {%- set parent = graph.nodes.get(parent_id) -%}
        {%- if parent and parent.config.materialized == "view" -%}
            {%- do names.extend(parents_with_fingerprints(parent)) -%}
        {%- elif parent and not is_built_by_days(parent) -%}
            {%- do names.append(parent.name) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}

{% macro tables_of_fingerprints(node) -%}
    {#- Those that the model's hook names. -#}
    {%- set tables = [] -%}
    {%- for parent_id in node.depends_on.nodes | sort -%}
        {%- set parent = graph.nodes.get(parent_id) -%}
        {%- if parent and (parent.config.get("meta") or {}).get("holds_day_fingerprints") -%}
            {%- do tables.append(api.Relation.create(schema=parent.schema, identifier=parent.name)) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(tables) }}
{%- endmacro %}

{% macro in_changed_days(column, days_before=0, days_after=0) -%}
    {#- The condition on what a model reads: days that it builds, and those around them that it
        needs for these; all of them in a full refresh. -#}
    {%- if model.resource_type == "unit_test" -%}
        {{ return("true") }}
    {%- endif -%}
    {%- if model.get("is_being_fingerprinted") -%}
        {{ column }} in changed days, {{ days_before }} before and {{ days_after }} after
    {%- elif is_incremental() -%}
        {{ lies_in(column, changed_periods(), days_before, days_after) }}
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{% macro get_incremental_changed_days_sql(arguments) -%}
    {%- set columns = arguments["dest_columns"] | map(attribute="quoted") | join(", ") -%}
    {%- set is_changed = lies_in(config.get("unique_key"), changed_periods()) -%}
    delete from {{ arguments["target_relation"] }} where {{ is_changed }};

    insert into {{ arguments["target_relation"] }} ({{ columns }})
    select {{ columns }} from {{ arguments["temp_relation"] }} where {{ is_changed }};
{%- endmacro %}

{% macro remember_built_days() -%}
    {#- Of the tables of fingerprints that it is given; of none where pages are staged. -#}
    {%- set is_remembered = "model_name = '" ~ model.name ~ "'" -%}
    {%- if is_incremental() -%}
        {%- set is_remembered = is_remembered ~ " and "
            ~ lies_in("period_start_date", changed_periods()) -%}
    {%- endif -%}
    delete from intermediate.built_days where {{ is_remembered }};
    insert into intermediate.built_days
    select
        model_name,
        period_start_date,
        fingerprint,
        '{{ invocation_id }}' as built_by
    from ({{ periods_wanted(model, varargs) }}) as periods
    where {{ is_remembered }}
{%- endmacro %}

{% macro changed_periods() -%}
    {#- Stretches of changed days as a list of first and last day, months whole. -#}
    {%- if model.get("changed_periods") is not none -%}
        {{ return(model.changed_periods) }}
    {%- endif -%}
    {%- set found = run_query(
        "with wanted as (" ~ periods_wanted(model, tables_of_fingerprints(model)) ~ "),"
        " built as (select * from intermediate.built_days where model_name = '" ~ model.name ~ "')"
        " select period_start_date, wanted.fingerprint is distinct from built.fingerprint"
        " from wanted full join built using (period_start_date) order by period_start_date"
    ).rows -%}
    {%- set changed = [] -%}
    {%- for start, has_changed in found if has_changed -%}
        {%- do changed.append(start) -%}
    {%- endfor -%}
    {%- do model.update({
        "changed_periods": stretches_of(changed, period_of(model)),
        "have_most_changed": changed | length * 2 > found | length,
    }) -%}
    {{ return(model.changed_periods) }}
{%- endmacro %}

{% macro have_most_days_changed() -%}
    {#- To make a table anew takes half as long as to delete and insert all of it; but to parse a
        page again takes longer than either. -#}
    {%- do changed_periods() -%}
    {{ return(model.have_most_changed and config.get("unique_key") != "window_key") }}
{%- endmacro %}

{% macro period_of(node) -%}
    {{ return("month" if node.config.unique_key == "month_start_date" else "day") }}
{%- endmacro %}

{% macro stretches_of(starts, period) -%}
    {#- Neighbouring periods as one: `starts` are their first days in order. -#}
    {%- set stretches = [] -%}
    {%- for start in starts -%}
        {%- set length = 31 if period == "month" else 0 -%}
        {%- set last = start + modules.datetime.timedelta(days=length) -%}
        {%- if period == "month" -%}
            {%- set last = last - modules.datetime.timedelta(days=last.day) -%}
        {%- endif -%}
        {%- if stretches and stretches[-1][1] + modules.datetime.timedelta(days=1) == start -%}
            {%- do stretches.append([stretches.pop()[0], last]) -%}
        {%- else -%}
            {%- do stretches.append([start, last]) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(stretches) }}
{%- endmacro %}

{% macro lies_in(column, stretches, days_before=0, days_after=0) -%}
    {#- Literals of the column's type: DuckDB then reads no other part of a table. -#}
    {%- set type = "varchar" if column == "window_key" else "date" -%}
    {%- set conditions = [] -%}
    {%- for first, last in stretches -%}
        {%- do conditions.append(
            column ~ " between " ~ type ~ " '"
            ~ (first - modules.datetime.timedelta(days=days_before)) ~ "' and " ~ type ~ " '"
            ~ (last + modules.datetime.timedelta(days=days_after)) ~ "'"
        ) -%}
    {%- endfor -%}
    {{ return("(" ~ (conditions | join(" or ") or "false") ~ ")") }}
{%- endmacro %}
