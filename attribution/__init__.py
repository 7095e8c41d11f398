"""Which words of a commit message or a description are its writer's own.

dbt calls it while it stages texts: `attribution.dbt_plugin` is named in `dbt_project/profiles.yml`.
"""
