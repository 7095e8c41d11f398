{#- What the rows of a table must keep to, as one test: each test costs a run more than its query. A
    row for each breach says which rule, which column, which value and how many rows.

    - `grain`: columns that no two rows have equal. Nulls count as equal, so that a null in a key
      cannot hide a duplicate.
    - `unique`: columns of which each is such a key by itself.
    - `required`: columns that have a value in every row, all counted in one scan.
    - `known`: the values that a column may have. Nulls pass: they are for `required`. -#}

{% test row_rules(model, grain=none, unique=[], required=[], known={}) %}
    {%- set breaches = [] -%}
    {%- if grain -%}
        {%- do breaches.append(repeated_rows(model, "grain", grain)) -%}
    {%- endif -%}
    {%- for column in unique -%}
        {%- do breaches.append(repeated_rows(model, "unique", [column])) -%}
    {%- endfor -%}
    {%- if required -%}
        {%- do breaches.append(missing_values(model, required)) -%}
    {%- endif -%}
    {%- for column, values in known.items() -%}
        {%- do breaches.append(unknown_values(model, column, values)) -%}
    {%- endfor -%}
    {{ breaches | join("\n    union all\n") }}
{% endtest %}

{% macro repeated_rows(model, rule, columns) %}
    select
        '{{ rule }}' as rule,
        '{{ columns | join(", ") }}' as column_name,
        concat_ws(
            ', ',
            {%- for column in columns %}
            coalesce(cast({{ column }} as varchar), 'null'){{ ',' if not loop.last }}
            {%- endfor %}
        ) as found_value,
        count(*) as row_count
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1
{%- endmacro %}

{% macro missing_values(model, columns) %}
    select
        'required' as rule,
        column_name,
        'null' as found_value,
        row_count
    from (
        select
            {%- for column in columns %}
            count(*) - count({{ column }}) as {{ column }}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ model }}
    ) as null_counts
    unpivot (row_count for column_name in ({{ columns | join(', ') }}))
    where row_count > 0
{%- endmacro %}

{% macro unknown_values(model, column, values) %}
    select
        'known' as rule,
        '{{ column }}' as column_name,
        cast({{ column }} as varchar) as found_value,
        count(*) as row_count
    from {{ model }}
    where {{ column }} not in ('{{ values | join("', '") }}')
    group by {{ column }}
{%- endmacro %}
