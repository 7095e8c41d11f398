"""Which words of a commit message or a description are its writer's own.

dbt calls it once for each text: `attribution.dbt_plugin` is named in `dbt_project/profiles.yml`.
"""
