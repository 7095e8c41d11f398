"""Which days and whose figures: from the address to values and back, every value always written.

What an address asks for and the file does not have is not ignored in silence: it is put right, and
the page says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from urllib.parse import urlencode

from dashboard.store import Generation, Value
from dashboard.viewers import Viewer

ALL = "all"
# Of more, a list to choose from is too heavy: a name is typed and looked for.
MOST_LISTED = 2_000
_MOST_NAMED = 8
CHOSEN = ("team", "repository", "model", "workspace", "person")
# Where a viewer is limited to teams or to one person, what those have to do with is a choice.
_LIMITED = "(getvariable('own_teams') is not null or getvariable('own_person') is not null)"
_WITHIN = (
    "(getvariable('own_teams') is null or list_contains(getvariable('own_teams'), team_name))"
    " and (getvariable('own_person') is null or person_key = getvariable('own_person'))"
)
_OF_COSTS = f"from fct_cost_attribution_daily where {_WITHIN}"
_CHOICES = {
    "team": f"select distinct team_name, team_name {_OF_COSTS} order by all",
    "repository": f"select repository, repository from dim_repositories where not {_LIMITED}"
    f" or repository in (select repository from fct_pull_requests where {_WITHIN}) order by all",
    "model": "select distinct model, model from fct_billed_costs_daily where model <> 'none'"
    f" and (not {_LIMITED} or model in (select model {_OF_COSTS})) order by all",
    "workspace": f"select workspace_id, workspace_name from dim_workspaces where not {_LIMITED}"
    f" or workspace_id in (select workspace_id {_OF_COSTS}) order by 2, 1",
    "person": """
        select person_key, display_name
        from dim_people
        where person_kind in ('member', 'former_member', 'guest')
            and (getvariable('own_person') is null or person_key = getvariable('own_person'))
            and (
                getvariable('own_teams') is null
                or person_key in (
                    select person_key
                    from dim_team_memberships
                    where list_contains(getvariable('own_teams'), team_name)
                        and coalesce(valid_to, current_date) >= current_date
                )
            )
        order by 2, 1
    """,
}


@dataclass(frozen=True)
class Choices:
    """What the file has for a viewer: its days, and by filter the values and their names.

    Of the filters in ``must_choose`` "all" is no choice.
    """

    first: date
    last: date
    values: Mapping[str, Mapping[str, str]]
    must_choose: tuple[str, ...] = ()

    def is_listed(self, name: str) -> bool:
        """Say whether the values of a filter are few enough to be listed."""
        return len(self.values[name]) <= MOST_LISTED

    def typed(self, name: str, value: str) -> str:
        """Return what stands in a field for a value: its label, or itself where that is of two."""
        label = self.values[name].get(value, "")
        is_one = list(self.values[name].values()).count(label) == 1
        return label if is_one or value == ALL else value


@dataclass(frozen=True)
class Filters:
    """``first`` and ``last`` are both included; ``chosen`` is by filter, `ALL` for no choice."""

    first: date
    last: date
    chosen: Mapping[str, str]
    notes: tuple[str, ...] = ()

    @property
    def day_count(self) -> int:
        return (self.last - self.first).days + 1

    def address(self, **changes: str) -> str:
        """Return the query of an address with every value, ``changes`` in the place of some."""
        values = {"from": self.first.isoformat(), "to": self.last.isoformat(), **self.chosen}
        return urlencode(values | changes)

    def variables(self) -> dict[str, Value]:
        """Return the variables that SQL reads: null for no choice."""
        chosen = {name: None if value == ALL else value for name, value in self.chosen.items()}
        return {"first_day": self.first, "last_day": self.last, **chosen}

    def before(self) -> Filters:
        """Return the same for as many days right before."""
        return replace(
            self,
            first=self.first - timedelta(self.day_count),
            last=self.first - timedelta(days=1),
        )


def choices(generation: Generation, viewer: Viewer) -> Choices | None:
    """Return what a viewer can choose; None for a file without a day."""
    key = ("choices", viewer)
    known = generation.cache.get(key, False)
    if known is False:
        known = generation.cache[key] = _choices(generation, viewer)
    assert known is None or isinstance(known, Choices)
    return known


def _choices(generation: Generation, viewer: Viewer) -> Choices | None:
    # The last day that any report has: an organisation that stopped yesterday is not empty today.
    sql = (
        "select min(usage_date), max(usage_date) from coverage_daily"
        " where complete_report_count > 0"
    )
    ((first, last),) = generation.query(sql).rows
    if not (isinstance(first, date) and isinstance(last, date)):
        return None
    values = {
        name: {
            str(value): str(label)
            for value, label in generation.query(sql, viewer.variables()).rows
        }
        for name, sql in _CHOICES.items()
    }
    return Choices(first, last, values, viewer.must_choose)


def presets(of: Choices) -> dict[str, tuple[date, date]]:
    """Return spans that are asked for often, by name, within what there is."""
    month = of.last.replace(day=1)
    before = (month - timedelta(days=1)).replace(day=1)
    spans = {
        "7 days": (of.last - timedelta(6), of.last),
        "28 days": (of.last - timedelta(27), of.last),
        "90 days": (of.last - timedelta(89), of.last),
        "This month": (month, of.last),
        "Last month": (before, month - timedelta(days=1)),
        "All": (of.first, of.last),
    }
    return {
        name: (max(first, of.first), last)
        for name, (first, last) in spans.items()
        if last >= of.first
    }


def read(query: Mapping[str, str], of: Choices) -> Filters:
    """Return the filters of an address; defaults for what it lacks, and what is unknown."""
    notes: list[str] = []
    first, last = presets(of)["28 days"]
    if "from" in query or "to" in query:
        first = _day(query.get("from"), of.first, notes)
        last = _day(query.get("to"), of.last, notes)
    if first > last:
        notes.append(f"{first} is after {last}: the days are turned round.")
        first, last = last, first
    asked = first, last
    first = min(max(first, of.first), of.last)
    last = max(min(last, of.last), first)
    if (first, last) != asked:
        notes.append(f"There are days from {of.first} to {of.last}: shown are {first} to {last}.")
    chosen = {name: _choice(name, query.get(name, "").strip(), of, notes) for name in CHOSEN}
    return Filters(first, last, chosen, tuple(notes))


def _choice(name: str, asked: str, of: Choices, notes: list[str]) -> str:
    """Return the value that is asked for, also by its label or, where it is typed, a part of it."""
    values = of.values[name]
    if asked in values:
        return asked
    # What must be chosen and has no value is a value that nobody has, and never all.
    instead = next(iter(values), "") if name in of.must_choose else ALL
    if asked in ("", ALL):
        return instead
    found = [value for value, label in values.items() if label.lower() == asked.lower()]
    if not found and not of.is_listed(name):
        found = [value for value, label in values.items() if asked.lower() in label.lower()]
    if len(found) == 1:
        return found[0]
    shown = "all" if instead == ALL else values.get(instead, "nothing")
    if found:
        named = ", ".join(sorted(of.typed(name, value) for value in found)[:_MOST_NAMED])
        more = " and others" if len(found) > _MOST_NAMED else ""
        notes.append(f"More than one {name} has that name: {named}{more}. Shown is {shown}.")
    else:
        notes.append(f"There is no {name} of that name here: shown is {shown}.")
    return instead


def _day(text: str | None, default: date, notes: list[str]) -> date:
    if not text:
        return default
    try:
        return date.fromisoformat(text)
    except ValueError:
        notes.append(f"A day is written like {default}: shown is from or to there.")
        return default
