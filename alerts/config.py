"""`alerts.yml`: what is sent, to whom and when, read and checked.

What is wrong is said with file, line and key. No secret is in the file: addresses of webhooks, keys
and the mail server are named by the environment variables that hold them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

Severity = Literal["warning", "critical"]
RuleName = Literal[
    "budget_forecast",
    "budget_exhausted",
    "cost_anomaly",
    "data_stale",
    "data_failed",
    "check_failed",
    "rate_headroom",
    "machine_silent",
]

# Alerts that can be of one team.
OF_TEAMS = ("budget_forecast", "budget_exhausted", "cost_anomaly", "machine_silent")


class AlertsError(ValueError):
    """`alerts.yml` cannot be used; each fault is a line that names file, line and key."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(faults))


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ValueError, KeyError, OSError) as error:
        raise ValueError("must be a time zone such as Europe/Berlin or UTC") from error
    return value


def _clock(value: object) -> object:
    # YAML 1.1 reads 22:00 without quotes as a number of base 60.
    if isinstance(value, int) and 60 <= value < 24 * 60:
        return time(value // 60, value % 60)
    if isinstance(value, str) and re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d", value):
        return time.fromisoformat(value.rjust(5, "0"))
    raise ValueError("must be a time of day such as 22:00")


def _address(value: str) -> str:
    name, at, host = value.rpartition("@")
    if not (name and at and host) or any(one.isspace() or one in '<>,;"' for one in value):
        raise ValueError("must be one mail address, such as leads@example.com")
    return value


Clock = Annotated[time, BeforeValidator(_clock)]
Variable = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]
Address = Annotated[str, AfterValidator(_address)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class QuietHours(_Model):
    """When nothing is sent but severities in ``but_send``; the rest goes out afterwards."""

    begin: Clock
    end: Clock
    but_send: tuple[Severity, ...] = ()


class Slack(_Model):
    """A webhook that takes what Slack's incoming webhooks take."""

    type: Literal["slack"]
    url_variable: Variable

    @property
    def variables(self) -> tuple[str, ...]:
        return (self.url_variable,)


class Webhook(_Model):
    """A webhook of any kind: JSON, signed as Standard Webhooks says."""

    type: Literal["webhook"]
    url_variable: Variable
    secret_variable: Variable

    @property
    def variables(self) -> tuple[str, ...]:
        return (self.url_variable, self.secret_variable)


class Mail(_Model):
    """Mail through the server that ``server_variable`` names, with its user and password."""

    type: Literal["mail"]
    server_variable: Variable
    sender: Address
    to: Annotated[tuple[Address, ...], Field(min_length=1)]

    @property
    def variables(self) -> tuple[str, ...]:
        return (self.server_variable,)


class Service(_Model):
    """Any other service that Apprise knows, by its URL."""

    type: Literal["apprise"]
    url_variable: Variable

    @property
    def variables(self) -> tuple[str, ...]:
        return (self.url_variable,)


Way = Slack | Webhook | Mail | Service
Route = Annotated[Way, Field(discriminator="type")]


class Rule(_Model):
    """Which facts go to which routes. ``teams`` and ``severities`` empty: of all."""

    alert: RuleName
    routes: Annotated[tuple[str, ...], Field(min_length=1)]
    threshold: float | None = Field(default=None, gt=0)
    severity: Severity | None = None
    severities: tuple[Severity, ...] = ()
    teams: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> Rule:
        if self.threshold is not None and self.alert in ("data_failed", "check_failed"):
            raise ValueError(f"{self.alert} has no threshold: leave it out")
        if self.threshold is not None and self.threshold < 1 and self.alert == "budget_exhausted":
            raise ValueError("a budget is exhausted from a threshold of 1 on")
        if self.teams and self.alert not in OF_TEAMS:
            raise ValueError(f"{self.alert} is of no team: teams are for {', '.join(OF_TEAMS)}")
        return self


class Digests(_Model):
    """Who gets the weekly digest: ``leaders`` of everything, ``teams`` each of its own."""

    leaders: tuple[str, ...] = ()
    teams: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)


class Alerts(_Model):
    """The whole file."""

    time_zone: Annotated[str, AfterValidator(_zone)] = "UTC"
    quiet_hours: QuietHours | None = None
    routes: Mapping[str, Route]
    rules: tuple[Rule, ...] = ()
    digests: Digests = Digests()

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the environment variables that hold the secrets of the routes."""
        return tuple(dict.fromkeys(one for way in self.routes.values() for one in way.variables))


@dataclass(frozen=True)
class _Place:
    """Where in the file each key and entry stands, and keys that are there twice."""

    lines: Mapping[tuple[str | int, ...], int]
    twice: tuple[tuple[str, int], ...]


def read(path: Path) -> Alerts:
    """Return what a file says.

    Raises:
        AlertsError: with all that is wrong with it.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        values = yaml.safe_load(text)
    except OSError as error:
        raise AlertsError([f"{path} cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise AlertsError([f"{path} is not in UTF-8"]) from error
    except yaml.YAMLError as error:
        raise AlertsError([f"{path}{_mark(error)} is no YAML"]) from error
    if not isinstance(values, dict):
        raise AlertsError([f"{path} must have the keys routes and rules: see docs/alerts.md"])
    place = _place(tree)
    faults = [f"{path}, line {line}: {key} is there twice" for key, line in place.twice]
    try:
        alerts = Alerts.model_validate(values)
    except ValidationError as error:
        explained = [_explained(path, place, one) for one in error.errors(include_url=False)]
        raise AlertsError([*faults, *explained]) from error
    faults += [f"{path}, line {place.lines[at]}: {text}" for at, text in _unknown_routes(alerts)]
    if faults:
        raise AlertsError(faults)
    return alerts


def _mark(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None)
    return f", line {mark.line + 1} ({problem})," if mark is not None else ""


def _place(tree: yaml.Node) -> _Place:
    lines: dict[tuple[str | int, ...], int] = {}
    twice: list[tuple[str, int]] = []
    left: list[tuple[tuple[str | int, ...], yaml.Node]] = [((), tree)]
    while left:
        at, node = left.pop()
        lines.setdefault(at, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                below = (*at, str(key.value))
                if below in lines:
                    twice.append((str(key.value), key.start_mark.line + 1))
                lines[below] = key.start_mark.line + 1
                left.append((below, value))
        elif isinstance(node, yaml.SequenceNode):
            left += (((*at, place), value) for place, value in enumerate(node.value))
    return _Place(lines, tuple(twice))


def _explained(path: Path, place: _Place, error: Mapping[str, Any]) -> str:
    # The kind of a route, by which one of several models is chosen, is no key of the file.
    at = tuple(error["loc"])
    if at[:1] == ("routes",) and len(at) > 2 and at[2] in ("slack", "webhook", "mail", "apprise"):
        at = (*at[:2], *at[3:])
    known = at
    while known and known not in place.lines:
        known = known[:-1]
    key = ".".join(str(one) for one in at) or "the file"
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        message = "is no key that is known here"
    elif error["type"] == "missing":
        message = "is missing"
    return f"{path}, line {place.lines.get(known, 1)}: {key}: {message}"


def _unknown_routes(alerts: Alerts) -> Iterator[tuple[tuple[str | int, ...], str]]:
    known = ", ".join(alerts.routes) or "none"
    named: list[tuple[tuple[str | int, ...], Sequence[str]]] = [
        (("rules", place, "routes"), rule.routes) for place, rule in enumerate(alerts.rules)
    ]
    if alerts.digests.leaders:
        named.append((("digests", "leaders"), alerts.digests.leaders))
    named += [(("digests", "teams", team), to) for team, to in alerts.digests.teams.items()]
    for at, routes in named:
        for one in routes:
            if one not in alerts.routes:
                yield at, f"there is no route {one}; there are: {known}"
