"""Whose figures a viewer may see: all, those of teams, or their own.

Who somebody is comes from the proxy; what they may see from a file of grants, by user or by group.
The widest grant holds. Who has none sees their own usage.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from dashboard.model import Filtered
from dashboard.store import Generation, Value

Role = Literal["all", "team", "own"]
# By role, the filters of which a part must go by one: what goes by none of them is of others too.
_NEEDED: dict[Role, Filtered] = {
    "team": frozenset({"team", "person"}),
    "own": frozenset({"person"}),
}
_COLUMNS = ("grantee", "grantee_kind", "role", "team_name")


class GrantsError(Exception):
    """The file of grants cannot be used; the text names the line and what to do."""


class Grant(BaseModel):
    """What a user or a group may see. ``team_name`` empty: the teams of whoever asks."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    grantee: str
    grantee_kind: Literal["user", "group"]
    role: Role
    team_name: str = ""


@dataclass(frozen=True)
class User:
    """Who the proxy says it is."""

    name: str
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Viewer:
    """Who looks, and at what. ``teams`` is for role team, ``person_key`` for role own."""

    name: str = ""
    role: Role = "all"
    teams: tuple[str, ...] = ()
    person_key: str | None = None

    def sees(self, goes_by: Filtered) -> bool:
        """Say whether a part that goes by some filters shows nothing of others."""
        return self.role == "all" or not _NEEDED[self.role].isdisjoint(goes_by)

    @property
    def must_choose(self) -> tuple[str, ...]:
        """Return the filters of which "all" is no choice."""
        return {"all": (), "team": ("team",), "own": ("person",)}[self.role]

    @property
    def lacks(self) -> str | None:
        """Return in words why there is nothing to see; None where there is something."""
        if self.role == "own" and self.person_key is None:
            return (
                f"The published file has no person with the address {self.name}: a file at privacy"
                " level pseudonymous or team names nobody, and who used nothing is not in it."
            )
        if self.role == "team" and not self.teams:
            return f"{self.name} may see a team, and is in none: see team_memberships.csv."
        return None

    def variables(self) -> dict[str, Value]:
        """Return the variables by which choices are limited: null for no limit."""
        return {
            "own_teams": self.teams if self.role == "team" else None,
            "own_person": self.person_key if self.role == "own" else None,
        }


EVERYBODY = Viewer()


def read_grants(path: Path) -> tuple[Grant, ...]:
    """Return the grants of a file of comma-separated values.

    Raises:
        GrantsError: there is none, or a line is wrong.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
    except (OSError, UnicodeError, csv.Error) as error:
        raise GrantsError(f"DASHBOARD_ROLES_PATH: {path} cannot be read: {error}") from error
    if tuple(reader.fieldnames or ()) != _COLUMNS:
        raise GrantsError(f"{path}: the first line must be {','.join(_COLUMNS)}")
    try:
        return tuple(TypeAdapter(list[Grant]).validate_python(rows))
    except ValidationError as error:
        first = error.errors()[0]
        line, column = int(first["loc"][0]) + 2, first["loc"][-1]
        raise GrantsError(f"{path}, line {line}, {column}: {first['msg']}") from error


def viewer_of(user: User, grants: Sequence[Grant], generation: Generation) -> Viewer:
    """Return what a user may see in one published file."""
    held = [one for one in grants if _is_of(one, user)]
    if any(one.role == "all" for one in held):
        return Viewer(user.name)
    person = _person(user.name, generation)
    of_teams = [one for one in held if one.role == "team"]
    if not of_teams:
        return Viewer(user.name, "own", person_key=person)
    teams = {one.team_name for one in of_teams if one.team_name}
    if any(not one.team_name for one in of_teams) and person is not None:
        teams |= set(_teams(person, generation))
    return Viewer(user.name, "team", tuple(sorted(teams)), person)


def _is_of(grant: Grant, user: User) -> bool:
    if grant.grantee_kind == "group":
        return grant.grantee in user.groups
    return grant.grantee.casefold() == user.name.casefold()


def _person(address: str, generation: Generation) -> str | None:
    """Return whose mail address it is; none where it is nobody's, or that of several."""
    sql = (
        "select person_key from dim_people"
        " where lower(email_address) = lower(getvariable('address'))"
    )
    rows = generation.query(sql, {"address": address}).rows
    return str(rows[0][0]) if len(rows) == 1 else None


def _teams(person: str, generation: Generation) -> list[str]:
    sql = (
        "select distinct team_name from dim_team_memberships"
        " where person_key = getvariable('own_person')"
        " and coalesce(valid_to, current_date) >= current_date"
    )
    return [str(name) for (name,) in generation.query(sql, {"own_person": person}).rows]
