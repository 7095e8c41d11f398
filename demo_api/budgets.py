"""The budgets that Larkfield sets, and what is true of them on each day.

Money is exact ``Decimal`` US cents. What is to come follows the documented rule of the forecast:
for each day left of the month the mean of the working or weekend days of the last 28 days.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import variance

HISTORY_DAYS, ENOUGH_DAYS = 28, 7
# Of a normal distribution, 80 % lie so many standard deviations around its mean; of Student's,
# about so many more for each degree of freedom that is missing.
DEVIATIONS, WIDER = 1.2816, 0.8466
# The variance of independent days is multiplied by the first, and the second for each day left,
# and by how much more than independent days the last weeks differ, with two that differ as usual.
OF_A_DAY, OF_DAYS_LEFT = 0.8, 0.02
HISTORY_WEEKS, USUAL_WEEKS, USUAL_RATIO = 12, 2, 1.5
COLUMNS = ("scope_type", "scope_name", "budget_usd", "valid_from", "valid_to")


@dataclass(frozen=True)
class Budget:
    """A budget of a calendar month, in whole dollars."""

    scope_type: str
    scope_name: str
    dollars: int
    valid_from: date
    valid_to: date | None = None

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


_BEGINNING, _CHANGE = date(2026, 8, 1), date(2026, 9, 16)
BUDGETS = (
    Budget("organization", "all", 4_500, _BEGINNING),
    Budget("workspace", "Product Assistant", 700, _BEGINNING),
    Budget("team", "Checkout", 500, _BEGINNING),
    Budget("team", "Platform", 2_500, _BEGINNING),
    # Raised in the middle of a month.
    Budget("team", "Data", 300, _BEGINNING, _CHANGE),
    Budget("team", "Data", 900, _CHANGE),
    # One of the runaways.
    Budget("person", "Jonas.Weber@larkfield.example", 200, _BEGINNING),
)


@dataclass(frozen=True)
class BudgetDay:
    """What is true of a budget at the end of a day; none of what cannot be told."""

    budget_cents: Decimal
    actual_cents: Decimal
    forecast_cents: float | None
    lower_cents: float | None
    upper_cents: float | None
    days_until_exhausted: int | None
    status: str


def write_budgets(folder: Path) -> None:
    """Write the seed of budgets into ``folder``."""
    with (folder / "budgets.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for one in BUDGETS:
            end = one.valid_to or ""
            writer.writerow([one.scope_type, one.scope_name, one.dollars, one.valid_from, end])


def status_of(
    budget: Budget, cents_by_day: Mapping[str, Decimal], days: Sequence[str]
) -> dict[str, BudgetDay]:
    """Return each of ``days``, which follow each other, on which the budget holds."""
    costs = {date.fromisoformat(day): cents_by_day.get(day, Decimal(0)) for day in days}
    return {str(day): _status(budget, costs, day) for day in costs if budget.holds_on(day)}


def _status(budget: Budget, costs: Mapping[date, Decimal], day: date) -> BudgetDay:
    cents = Decimal(budget.dollars * 100)
    actual = sum((c for d, c in costs.items() if _is_to_date(d, day)), Decimal(0))
    # What is known before the first month in which the budget holds reaches back no further.
    earliest = budget.valid_from.replace(day=1) - timedelta(weeks=HISTORY_WEEKS)
    first = max(day - timedelta(days=HISTORY_DAYS - 1), earliest)
    known = {d: float(c) for d, c in costs.items() if first <= d <= day}
    if len(known) < ENOUGH_DAYS:
        status, until = ("exhausted", 0) if actual >= cents else ("undetermined", None)
        return BudgetDay(cents, actual, None, None, None, until, status)
    to_come, squares, daily, of_week = 0.0, 0.0, 0.0, 0.0
    for is_weekend in (False, True):
        of_kind = [cost for d, cost in known.items() if (d.isoweekday() >= 6) is is_weekend]
        mean = sum(of_kind) / len(of_kind) if of_kind else 0.0
        left = sum((d.isoweekday() >= 6) is is_weekend for d in _rest_of_month(day))
        to_come += left * mean
        if len(of_kind) > 1:
            squares += left * variance(of_kind) * (1 + left / len(of_kind))
            of_week += (2 if is_weekend else 5) * variance(of_kind)
        daily += (2 if is_weekend else 5) * mean / 7
    squares *= OF_A_DAY + OF_DAYS_LEFT * len(list(_rest_of_month(day)))
    squares *= _ratio_of_weeks([d for d in costs.items() if earliest <= d[0] <= day], of_week)
    width = (DEVIATIONS + WIDER / (len(known) - 2)) * math.sqrt(squares)
    so_far = float(actual)
    forecast, upper = so_far + to_come, so_far + to_come + width
    lower = so_far + max(to_come - width, 0.0)
    if actual >= cents:
        return BudgetDay(cents, actual, forecast, lower, upper, 0, "exhausted")
    until = math.floor(float(cents - actual) / daily) if daily else None
    over = "forecast_over" if forecast > cents else "at_risk" if upper > cents else "within"
    return BudgetDay(cents, actual, forecast, lower, upper, until, over)


def _ratio_of_weeks(costs: Sequence[tuple[date, Decimal]], of_week: float) -> float:
    """Return how much more the last whole weeks vary than weeks of independent days would."""
    newest = [float(cost) for _, cost in reversed(costs)][: HISTORY_WEEKS * 7]
    weeks = [sum(newest[at : at + 7]) for at in range(0, len(newest) - 6, 7)]
    freedom = max(len(weeks) - 1, 0)
    ratio = variance(weeks) / of_week if freedom and of_week else USUAL_RATIO
    return (USUAL_WEEKS * USUAL_RATIO + freedom * ratio) / (USUAL_WEEKS + freedom)


def _is_to_date(day: date, last: date) -> bool:
    return last.replace(day=1) <= day <= last


def _rest_of_month(day: date) -> Iterable[date]:
    following = day + timedelta(days=1)
    while following.month == day.month:
        yield following
        following += timedelta(days=1)
