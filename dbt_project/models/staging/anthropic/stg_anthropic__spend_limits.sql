with limits as (

    {{ directory_items(
        "enterprise_spend_limits",
        '{
            "id": "VARCHAR",
            "amount": "VARCHAR",
            "currency": "VARCHAR",
            "is_enabled": "BOOLEAN",
            "period": "VARCHAR",
            "scope": "JSON",
            "created_at": "VARCHAR",
            "updated_at": "VARCHAR"
        }'
    ) }}

)

select
    item.id as spend_limit_id,
    item.scope ->> '$.type' as scope_type,
    -- What the scope is of stands under a name of its own for each type of scope.
    coalesce(
        item.scope ->> '$.user_id',
        item.scope ->> '$.workspace_id',
        item.scope ->> '$.rbac_group_id',
        item.scope ->> '$.seat_tier',
        item.scope ->> '$.usage_tier'
    ) as scope_id,
    item.period as period,
    item.currency as currency,
    {{ cents_to_usd(decimal_cents("item.amount")) }} as limit_usd,
    item.is_enabled as is_enabled,
    {{ utc_timestamp('item.created_at') }} as created_at,
    {{ utc_timestamp('item.updated_at') }} as updated_at,
    loaded_at
from limits
qualify row_number() over (partition by item.id order by page_number desc) = 1
