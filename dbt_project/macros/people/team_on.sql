{#- The team that a person is in on a day, the same way in every mart.

    `team_on` is the join: at most one row matches, since primary stretches do not overlap.
    `team_columns` is what to select of it. -#}

{% macro team_on(person_key, day, alias="teams") -%}
    left join {{ ref('int_team_memberships') }} as {{ alias }}
        on
            {{ person_key }} = {{ alias }}.person_key
            and {{ alias }}.is_primary
            and {{ day }} >= {{ alias }}.valid_from
            and ({{ alias }}.valid_to is null or {{ day }} < {{ alias }}.valid_to)
{%- endmacro %}

{% macro team_columns(alias="teams") -%}
    coalesce({{ alias }}.team_name, 'unassigned') as team_name,
    coalesce({{ alias }}.cost_center, 'unassigned') as cost_center
{%- endmacro %}
