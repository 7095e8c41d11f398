"""Talk to the APIs and land what they answer in the warehouse's raw schemas.

Nothing in here knows Dagster, dbt or Great Expectations, and nothing in here says what a number
means: that is the work of `dbt_project/`.
"""
