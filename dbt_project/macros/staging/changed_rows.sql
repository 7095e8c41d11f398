{#- Models that read only what is new: staging, and the lines of texts that may carry a mark.

    A model that is `incremental` with the strategy `changed_rows` has one parent, whose rows it
    reads. A row of the parent is known by the model's `unique_key` and by when and by
    which run it was fetched. What is staged of rows that the parent no longer holds goes, what the
    parent holds and is not staged comes, in one transaction: after a load that was killed, or a
    build that was, the next build ends where a full refresh would. -#}

{% macro changed_rows_parent() -%}
    {#- The relation the model is made of: its only parent. -#}
    {%- set parent_id = model.depends_on.nodes[0] -%}
    {%- set parent = graph.sources[parent_id] if parent_id in graph.sources else graph.nodes[parent_id] -%}
    {{ return({"relation": parent.relation_name, "is_source": parent.resource_type == "source"}) }}
{%- endmacro %}

{% macro changed_rows_match(staged, parent_row, is_source) -%}
    {#- Whether a staged row was made of a row of the parent. -#}
    {%- for column in config.get("unique_key") %}
    {{ staged }}.{{ column }} is not distinct from {{ parent_row }}.{{ column }} and
    {%- endfor %}
    {{ staged }}.run_id is not distinct from {{ parent_row }}.run_id
    and {{ staged }}.loaded_at is not distinct from
    {%- if is_source %} {{ utc_timestamp(parent_row ~ ".fetched_at") }}
    {%- else %} {{ parent_row }}.loaded_at
    {%- endif %}
{%- endmacro %}

{% macro not_staged_yet(parent, is_source=true) -%}
    {#- The condition on rows of the parent, as `parent`, that a model has not staged; all of them in
        a full refresh. By their place in the table, so that bodies of other rows are not read; and
        with joins, because DuckDB makes three of a `not exists` that converts a column. -#}
    {%- if model.resource_type == "unit_test" or model.get("is_being_fingerprinted") -%}
        true
    {%- elif is_incremental() -%}
        {{ parent }}.rowid in (
            select parent_rows.rowid from {{ changed_rows_parent().relation }} as parent_rows
            anti join {{ this }} as staged
                on {{ changed_rows_match("staged", "parent_rows", is_source) }}
        )
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{% macro get_incremental_changed_rows_sql(arguments) -%}
    {%- set parent = changed_rows_parent() -%}
    {%- set columns = arguments["dest_columns"] | map(attribute="quoted") | join(", ") -%}
    delete from {{ arguments["target_relation"] }}
    where rowid in (
        select staged.rowid from {{ arguments["target_relation"] }} as staged
        anti join {{ parent.relation }} as parent_rows
            on {{ changed_rows_match("staged", "parent_rows", parent.is_source) }}
    );

    insert into {{ arguments["target_relation"] }} ({{ columns }})
    select {{ columns }} from {{ arguments["temp_relation"] }};
{%- endmacro %}
