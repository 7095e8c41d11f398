with entries as (

    {{ directory_items(
        "rate_limits",
        '{
            "id": "VARCHAR",
            "group": {"id": "VARCHAR", "type": "VARCHAR", "display_name": "VARCHAR"},
            "group_type": "VARCHAR",
            "models": ["VARCHAR"],
            "limits": [{"type": "VARCHAR", "value": "BIGINT"}]
        }'
    ) }}

),

limits as (

    select
        page_number,
        item,
        unnest(item.limits) as rate_limit,
        loaded_at
    from entries

)

select
    -- Version 2023-06-01 has neither the entry's id nor the group's, only its type.
    coalesce(item.id, item."group".id, concat_ws(
        ':', item.group_type, array_to_string(list_sort(item.models), ',')
    )) as rate_limit_id,
    coalesce(item."group".type, item.group_type) as group_type,
    item."group".display_name as group_name,
    rate_limit.type as limit_type,
    coalesce(item.models, []) as models,
    rate_limit.value as limit_value,
    loaded_at
from limits
qualify row_number() over (partition by rate_limit_id, limit_type order by page_number desc) = 1
