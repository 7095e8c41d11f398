with limits as (

    {{ directory_items(
        "enterprise_effective_spend_limits",
        '{
            "actor": {"user_id": "VARCHAR", "email_address": "VARCHAR", "deleted": "BOOLEAN"},
            "scope": {"type": "VARCHAR", "user_id": "VARCHAR"},
            "source": {"type": "VARCHAR"},
            "amount": "VARCHAR",
            "currency": "VARCHAR",
            "period": "VARCHAR",
            "spend_limit_id": "VARCHAR",
            "period_to_date_spend": "VARCHAR"
        }'
    ) }}

)

select
    coalesce(item.actor.user_id, item.scope.user_id) as user_id,
    item.period as period,
    {{ normal_email('item.actor.email_address') }} as email_address,
    item.source.type as source_type,
    item.spend_limit_id as spend_limit_id,
    item.currency as currency,
    {{ cents_to_usd(decimal_cents("item.amount")) }} as limit_usd,
    {{ cents_to_usd(decimal_cents("item.period_to_date_spend")) }} as spent_usd,
    coalesce(item.actor.deleted, false) as is_deleted,
    loaded_at
from limits
qualify row_number() over (
    partition by user_id, item.period order by page_number desc
) = 1
