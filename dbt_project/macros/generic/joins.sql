{#- Columns whose values must be found in a column of another table, as one test for all of a
    table. A row for each value that is not there. Nulls join nothing and pass. -#}

{% test joins(model, columns) %}
    {%- for column, target in columns.items() %}
    select
        'joins' as rule,
        '{{ column }}' as column_name,
        cast(told.{{ column }} as varchar) as found_value,
        count(*) as row_count
    from (select * from {{ model }}) as told
    anti join {{ target.to }} as there on told.{{ column }} = there.{{ target.field }}
    where told.{{ column }} is not null
    group by told.{{ column }}
    {{- "\n    union all" if not loop.last }}
    {%- endfor %}
{% endtest %}
