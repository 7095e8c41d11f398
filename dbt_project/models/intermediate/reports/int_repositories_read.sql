{{ config(materialized="view") }}

select
    cast(window_key as bigint) as repository_id,
    max(window_started_at) as read_from_at,
    min(last_fetched_at) as read_until_at
from {{ ref('stg_github__completeness_ledger') }}
where
    endpoint in ('commits', 'pull_requests')
    and completeness_status = 'complete'
group by window_key
having count(*) = 2
