{{ config(materialized="incremental") }}

{{ cost_by_geography("analytics_cost_by_geography") }}
