{#- The one rule for who pays for a row that has a person and a workspace: the cost centre of the
    person's team of the day, as `teams`; else the tag `cost_center` of the workspace, of the CTE
    `workspaces`, since services have no person; else `unassigned`. -#}

{% macro join_workspace(relation) -%}
    left join workspaces
        on {{ relation }}.workspace_id = workspaces.workspace_id
{%- endmacro %}

{% macro cost_center_of_row() -%}
    coalesce(nullif(teams.cost_center, 'unassigned'), workspaces.cost_center, 'unassigned')
{%- endmacro %}
