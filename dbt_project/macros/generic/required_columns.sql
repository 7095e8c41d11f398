{% test required_columns(model, columns) %}
    {#- Columns that must have a value in every row, with the number of rows that lack one. One
        scan for all of them: a `not_null` each would read the table as often as it has columns. -#}
    with null_counts as (

        select
            {% for column in columns -%}
            count(*) - count({{ column }}) as {{ column }}{{ ',' if not loop.last }}
            {% endfor %}
        from {{ model }}

    )

    select
        column_name,
        null_count
    from null_counts
    unpivot (null_count for column_name in ({{ columns | join(', ') }}))
    where null_count > 0
{% endtest %}
