select
    usage_date,
    'litellm' as gateway,
    request_count,
    failed_request_count,
    spend_usd as claimed_cost_usd
from {{ ref('stg_litellm__daily_totals') }}
-- Of teams there are only the requests of keys that have one.
where entity = 'user'
