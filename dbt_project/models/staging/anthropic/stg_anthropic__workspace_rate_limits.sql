with entries as (

    {{ directory_items(
        "workspace_rate_limits",
        '{
            "rate_limit_id": "VARCHAR",
            "group": {"id": "VARCHAR", "type": "VARCHAR", "display_name": "VARCHAR"},
            "group_type": "VARCHAR",
            "models": ["VARCHAR"],
            "limits": [{
                "type": "VARCHAR",
                "value": "BIGINT",
                "org_limit": "BIGINT",
                "source": {"type": "VARCHAR"}
            }]
        }'
    ) }}

),

limits as (

    select
        window_key,
        page_number,
        item,
        unnest(item.limits) as rate_limit,
        loaded_at
    from entries

)

select
    window_key as workspace_id,
    coalesce(item.rate_limit_id, item."group".id, concat_ws(
        ':', item.group_type, array_to_string(list_sort(item.models), ',')
    )) as rate_limit_id,
    coalesce(item."group".type, item.group_type) as group_type,
    rate_limit.type as limit_type,
    rate_limit.value as limit_value,
    rate_limit.org_limit as organization_limit_value,
    coalesce(rate_limit.source.type, 'workspace') as limit_source,
    loaded_at
from limits
qualify row_number() over (
    partition by workspace_id, rate_limit_id, limit_type order by page_number desc
) = 1
