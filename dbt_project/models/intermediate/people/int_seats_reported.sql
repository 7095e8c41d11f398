{{ config(materialized="view") }}

select
    usage_date,
    assigned_seat_count
from {{ ref('stg_anthropic__enterprise_summaries') }}
