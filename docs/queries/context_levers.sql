-- What would save most of what the context costs, and how sure is that?
select
    lever,
    named_change,
    spent_usd,
    saving_usd,
    confidence,
    saving_unknown_reason,
    told_person_day_ratio
from marts.context_efficiency_monthly
where
    scope_type = 'organization'
    and month_start_date = (
        select max(month_start_date) from marts.context_efficiency_monthly
        where usage_sources is not null
    )
order by saving_usd desc nulls last, lever;
