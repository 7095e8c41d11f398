-- A budget for somebody or something that no report knows is compared with nothing.
{{ config(severity='warn') }}
select
    budget_source,
    scope_type,
    scope_name
from {{ ref('int_budgets') }}
where scope_id = 'unknown'
