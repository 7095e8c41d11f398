{% test unique_grain(model, columns) %}
    {#- Rows of the grain that occur more than once. Nulls count as equal, so a null in a key
        cannot hide a duplicate. -#}
    select
        {{ columns | join(', ') }},
        count(*) as row_count
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1
{% endtest %}
