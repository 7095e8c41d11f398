{{ config(materialized="incremental") }}

{{ cost_by_geography("enterprise_cost_by_geography") }}
