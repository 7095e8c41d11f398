{% test known_values(model, columns) %}
    {#- Values that are none of those known, by column, with the number of rows. One test for all
        columns: an `accepted_values` each would be as many tests. Nulls pass, as there. -#}
    {% for column, values in columns.items() %}
    select
        '{{ column }}' as column_name,
        cast({{ column }} as varchar) as unknown_value,
        count(*) as row_count
    from {{ model }}
    where {{ column }} not in ('{{ values | join("', '") }}')
    group by all
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{% endtest %}
