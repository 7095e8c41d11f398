-- What the last reading of every day says is what is stored, report by report.
with stored as (

    select
        endpoint as report,
        metric,
        sum(figure) as stored_figure
    from {{ ref('int_report_figures_current') }}
    group by endpoint, metric

),

readings as (

    select
        report,
        metric,
        sum(figure) as current_figure
    from {{ ref('report_revisions') }}
    where is_current
    group by report, metric

)

select
    report,
    metric,
    stored.stored_figure,
    readings.current_figure
from stored
full join readings using (report, metric)
where stored.stored_figure is distinct from readings.current_figure
