-- Which days were revised after they were first read, and by how much?
select
    report,
    usage_date,
    metric,
    unit,
    arg_min(figure, read_at) as first_figure,
    arg_max(figure, read_at) as current_figure,
    count(*) as reading_count
from (
    select
        report,
        usage_date,
        metric,
        unit,
        read_at,
        sum(figure) as figure
    from marts.report_revisions
    group by all
) as readings
group by all
having count(*) > 1
order by usage_date, report, metric;
