{#- CTEs that end with `unioned`: the rows of all reports of a subject, `<subject>_source` saying which.
    `chosen` says which report a day is taken from, `actors` who is behind an actor. -#}

{% macro reports_unioned(subject) -%}
chosen as (

    select * from {{ ref('int_report_days_chosen') }}
    where report_family = '{{ subject }}'

),

default_workspace as (

    select * from {{ ref('int_default_workspace') }}

),

actors as (

    select * from {{ ref('int_analytics_actors_matched_to_people') }}

),

unioned as (

    {% for report in reports_of(subject) %}
    select
        '{{ report.endpoint }}' as {{ subject }}_source,
        * exclude ({{ report.row_number }})
    from {{ ref(report.model) }}
    {% if not loop.last %}union all by name{% endif %}
    {% endfor %}

)
{%- endmacro %}

{#- The rows of `unioned` on the days that are taken from their report, with the actor's person. -#}

{% macro chosen_rows(subject) -%}
unioned
inner join chosen
    on unioned.{{ subject }}_source = chosen.endpoint and unioned.window_key = chosen.window_key
left join actors on unioned.analytics_actor_key = actors.analytics_actor_key
{%- endmacro %}

{#- An Enterprise organisation has no workspaces. -#}

{% macro workspace_of_row() -%}
    case chosen.organization_kind
        when 'enterprise' then 'none'
        else {{ workspace_or_default("unioned.workspace_id") }}
    end
{%- endmacro %}
