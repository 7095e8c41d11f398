{{ config(materialized="view") }}

select
    *,
    {{ organization_kind_of('cost_source') }} as organization_kind
from {{ ref('fct_billed_costs_daily') }}
