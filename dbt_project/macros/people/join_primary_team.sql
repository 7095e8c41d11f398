{#- The join of a person's rows of a day with the one team that they count in, of the CTE `teams`: the
    primary memberships. Null where there is none: `team_of_day()` and `cost_center_of_day()` say
    `unassigned` then. `people` is the relation that has the person's key, where the day's has none.
    Comparisons of columns alone, see `day_before_end`. -#}

{% macro join_primary_team(relation, day, people=none) -%}
    left join teams
        on
            {{ people or relation }}.person_key = teams.person_key
            and {{ relation }}.{{ day }} >= teams.valid_from
            and {{ day_before_end(relation ~ '.' ~ day, 'teams.valid_to') }}
{%- endmacro %}

{% macro team_of_day() -%}
    coalesce(teams.team_name, 'unassigned')
{%- endmacro %}

{% macro cost_center_of_day() -%}
    coalesce(teams.cost_center, 'unassigned')
{%- endmacro %}
