"""Whether there is anything to draw."""

from __future__ import annotations

from dashboard import charts
from dashboard.model import Chart
from dashboard.pages import efficiency, health
from dashboard.pages.cost import PAGE as COST


def test_without_a_known_value_there_is_no_drawing() -> None:
    columns = ("lever_name", "saving_usd", "spent_usd")
    unknown, known = ("Pauses", None, 3), ("Pauses", 0, 3)
    assert not charts.draws(efficiency.LEVERS, columns, [unknown, unknown])
    assert charts.draws(efficiency.LEVERS, columns, [unknown, known])
    assert not charts.draws(efficiency.LEVERS, columns, [])


def test_a_chart_of_names_is_drawn_of_any_row() -> None:
    columns = ("usage_date", "report", "state")
    assert charts.draws(health.CALENDAR, columns, [(0, "cost", "missing")])


def test_one_of_several_values_is_enough() -> None:
    budget = COST.parts["budget"]
    assert isinstance(budget, Chart)
    columns = [column.name for column in budget.columns]
    money = max(place for place, column in enumerate(budget.columns) if column.unit == "usd")
    assert not charts.draws(budget, columns, [[None] * len(columns)])
    row = [1 if place == money else None for place in range(len(columns))]
    assert charts.draws(budget, columns, [row])
