{#- By kind of organisation and family, the finer report first. -#}
{%- set reports = [
    ("console", "usage", "analytics_usage", 1),
    ("console", "usage", "usage_report_messages", 2),
    ("console", "cost", "analytics_cost", 1),
    ("console", "cost", "cost_report", 2),
    ("console", "activity", "usage_report_claude_code", 1),
    ("enterprise", "usage", "enterprise_usage", 1),
    ("enterprise", "usage", "enterprise_user_usage_report", 2),
    ("enterprise", "cost", "enterprise_cost", 1),
    ("enterprise", "cost", "enterprise_user_cost_report", 2),
    ("enterprise", "activity", "enterprise_user_activity", 1),
] -%}
with reports as (

    select *
    from (
        values
        {% for kind, family, endpoint, preference in reports %}
        ('{{ kind }}', '{{ family }}', '{{ endpoint }}', {{ preference }})
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    ) as listed (organization_kind, report_family, endpoint, preference)

),

ledger as (

    select * from {{ ref('stg_anthropic__completeness_ledger') }}

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
