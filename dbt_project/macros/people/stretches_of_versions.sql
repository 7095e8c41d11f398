{#- CTEs that end with `stretches`: the versions of `relation` as stretches of time in which what is
    published of an entity was the same; the rest of its entry may have changed. `scope` has the
    columns that a first reading is one for: how long something had been so before it is not known,
    and `valid_from` is null. -#}

{% macro stretches_of_versions(relation, entity, attributes, scope=[]) -%}
compared as (

    select
        *,
        valid_from = min(valid_from) over (
            {%- if scope %}partition by {{ scope | join(", ") }}{% endif -%}
        ) as is_of_first_reading,
        lag(valid_to) over one_entity is not distinct from valid_from
        and lag(hash({{ attributes | join(", ") }})) over one_entity
        is not distinct from hash({{ attributes | join(", ") }}) as continues
    from {{ relation }}
    window one_entity as (partition by {{ entity | join(", ") }} order by valid_from)

),

numbered as (

    select
        *,
        sum(case when continues then 0 else 1 end) over (
            partition by {{ entity | join(", ") }}
            order by valid_from
        ) as stretch_number
    from compared

),

stretches as (

    select
        {{ entity | join(",\n        ") }},
        {%- for attribute in attributes %}
        any_value({{ attribute }}) as {{ attribute }},
        {%- endfor %}
        stretch_number = 1 as is_first_stretch,
        case when not bool_or(is_of_first_reading) then min(valid_from) end as valid_from,
        case when count(valid_to) = count(*) then max(valid_to) end as valid_to
    from numbered
    group by {{ entity | join(", ") }}, stretch_number

)
{%- endmacro %}
