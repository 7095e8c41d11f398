-- What did we report on the 5th of November for October, and what do we say now?
with october as (

    select * from marts.report_revisions
    where
        usage_date between date '2026-10-01' and date '2026-10-31'
        and metric in ('billed_cost_usd', 'session_count')

)

select
    report,
    metric,
    sum(figure) filter (
        where
            read_at < timestamp '2026-11-06 00:00:00'
            and coalesce(superseded_at, timestamp '9999-12-31 00:00:00')
            >= timestamp '2026-11-06 00:00:00'
    ) as figure_reported_then,
    sum(figure) filter (where is_current) as figure_now
from october
group by all
order by report, metric;
