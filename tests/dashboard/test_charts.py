"""Whether there is anything to draw."""

from __future__ import annotations

from dashboard import charts
from dashboard.model import Chart
from dashboard.pages import efficiency, health
from dashboard.pages.cost import PAGE as COST


def test_without_a_known_value_there_is_no_drawing() -> None:
    unknown = {"lever_name": "Pauses", "saving_usd": None, "spent_usd": 3}
    known = {**unknown, "saving_usd": 0}
    assert not charts.draws(efficiency.LEVERS, [unknown, unknown])
    assert charts.draws(efficiency.LEVERS, [unknown, known])
    assert not charts.draws(efficiency.LEVERS, [])


def test_a_chart_of_names_is_drawn_of_any_row() -> None:
    assert charts.draws(health.CALENDAR, [{"usage_date": 0, "report": "cost", "state": "missing"}])


def test_one_of_several_values_is_enough() -> None:
    budget = COST.parts["budget"]
    assert isinstance(budget, Chart)
    row: dict[str, object] = dict.fromkeys(column.name for column in budget.columns)
    assert not charts.draws(budget, [row])
    money = [column.name for column in budget.columns if column.unit == "usd"]
    assert charts.draws(budget, [{**row, money[-1]: 1}])
