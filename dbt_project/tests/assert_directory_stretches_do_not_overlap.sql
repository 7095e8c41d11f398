-- At any moment a key has one state and a member one role in a workspace, and what holds now is the
-- last that was.
{%- set histories = {
    "dim_api_key_history": ["api_key_id"],
    "dim_workspace_member_history": ["workspace_id", "user_id"],
} %}
{% for name, entity in histories.items() %}
select
    '{{ name }}' as history,
    concat_ws(', ', {{ entity | join(", ") }}) as entity,
    valid_from,
    valid_to
from (
    select
        *,
        lead(valid_from) over one_entity as next_from,
        row_number() over one_entity as place
    from {{ ref(name) }}
    window one_entity as (
        partition by {{ entity | join(", ") }} order by valid_from nulls first
    )
) as ordered
where
    valid_to < coalesce(valid_from, timestamp '-infinity')
    or coalesce(valid_to, timestamp 'infinity') > next_from
    or (valid_from is null and place > 1)
    or is_current <> (valid_to is null)
{{ "union all by name" if not loop.last }}
{% endfor %}
