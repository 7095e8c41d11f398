"""The effects of each comparison: see estimates/comparison.py."""


def model(dbt, session):  # noqa: ARG001  # dbt calls it so
    from estimates.comparison import Asked, effects
    from estimates.staggered import Rules

    rules = Rules(
        changes=int(dbt.config.get("minimum_changes")),
        controls=int(dbt.config.get("minimum_controls")),
        people=int(dbt.config.get("minimum_authors")),
    )
    cells = dbt.ref("int_comparison_cells").to_arrow_table()
    return effects(cells, Asked(rules))
