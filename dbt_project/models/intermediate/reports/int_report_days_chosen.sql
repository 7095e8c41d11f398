-- By kind of organisation and subject, the finer report first.
with reports as (

    select *
    from (
        values
        {% for report in reports() if report.subject %}
        (
            '{{ report.organization }}',
            '{{ report.subject }}',
            '{{ report.endpoint }}',
            {{ report.preference }}
        )
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    ) as listed (organization_kind, report_family, endpoint, preference)

),

ledger as (

    {{ of_sources("completeness_ledger", only_with_days=true) }}

),

stored as (

    select
        reports.organization_kind,
        reports.report_family,
        reports.endpoint,
        reports.preference,
        ledger.window_key,
        ledger.completeness_status = 'complete' as is_complete_day
    from reports
    inner join ledger on reports.endpoint = ledger.endpoint
    where ledger.completeness_status in ('complete', 'partial')

)

select
    organization_kind,
    report_family,
    window_key,
    cast(window_key as date) as usage_date,
    endpoint,
    is_complete_day
from stored
-- A day that both reports have counts once: of the finer one where that is complete, else of the
-- one that is complete, else of the finer one that is there.
qualify row_number() over (
    partition by organization_kind, report_family, window_key
    order by is_complete_day desc, preference
) = 1
