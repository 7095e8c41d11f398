-- Teams and people are the whole organisation, to the last digit.
with scopes as (

    select
        month_start_date,
        lever,
        scope_type,
        sum(spent_usd) as spent_usd,
        sum(saving_usd) as saving_usd,
        sum(request_count) as request_count,
        sum(token_count) as token_count
    from {{ ref('context_efficiency_monthly') }}
    -- It has no teams and people, nor have months of which nothing is told.
    where usage_sources is not null
    group by month_start_date, lever, scope_type

)

select
    month_start_date,
    lever
from scopes
group by month_start_date, lever
having
    count(*) <> 3
    or count(distinct (spent_usd, saving_usd, request_count, token_count)) > 1
