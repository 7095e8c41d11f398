{{ config(materialized="view") }}

select
    -- Not all windows are numbers, and a reader's filter may be put before the one below.
    try_cast(window_key as bigint) as repository_id,
    max(window_started_at) as read_from_at,
    min(last_fetched_at) as read_until_at
from {{ ref('stg_github__completeness_ledger') }}
where
    endpoint in ('commits', 'pull_requests')
    and completeness_status = 'complete'
group by window_key
having count(*) = 2
