{#- Columns whose values must be found in a column of another table, as one test for all of a
    table. A row for each value that is not there. Nulls join nothing and pass. -#}

{% test joins(model, columns) %}
    {%- for column, target in columns.items() %}
    select
        'joins' as rule,
        '{{ column }}' as column_name,
        cast(child.{{ column }} as varchar) as found_value,
        count(*) as row_count
    from (select * from {{ model }}) as child
    anti join {{ target.to }} as there on child.{{ column }} = there.{{ target.field }}
    where child.{{ column }} is not null
    group by child.{{ column }}
    {{- "\n    union all" if not loop.last }}
    {%- endfor %}
{% endtest %}
