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
        -- The last that anything tells of; where nothing does, the reason is the answer.
        select coalesce(
            max(month_start_date) filter (usage_sources is not null), max(month_start_date)
        )
        from marts.context_efficiency_monthly
    )
order by saving_usd desc nulls last, lever;
