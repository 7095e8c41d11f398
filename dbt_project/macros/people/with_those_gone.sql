{#- CTEs that end with `unioned` and `seen`: what a directory lists now and, as it was last, what it
    does not list any more; and when each was seen first and last. -#}

{% macro with_those_gone(id, listed, versions) -%}
listed as (

    select * from {{ listed }}

),

versions as (

    select * from {{ versions }}

),

seen as (

    select
        {{ id }},
        min(valid_from) as first_seen_at,
        max(valid_to) as last_valid_to
    from versions
    group by {{ id }}

),

gone as (

    select versions.*
    from versions
    anti join listed on versions.{{ id }} = listed.{{ id }}
    qualify row_number() over (
        partition by versions.{{ id }} order by versions.valid_from desc
    ) = 1

),

unioned as (

    select
        *,
        true as is_in_directory
    from listed
    union all by name
    select
        *,
        false as is_in_directory
    from gone

)
{%- endmacro %}
