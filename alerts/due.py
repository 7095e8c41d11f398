"""Which facts are news to which route now: what is new, has grown, or is resolved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from alerts.config import Alerts, Severity
from alerts.delivered import Delivered
from alerts.facts import KINDS, Fact, Source, facts, resolved

State = Literal["new", "grown", "resolved"]
# What keys of digests begin with, which are no facts.
DIGEST = "digest|"


@dataclass(frozen=True)
class Notice:
    """What a route is to be told. ``key`` and ``grade`` are what is noted when it was delivered."""

    route: str
    state: State
    key: str
    grade: int | None
    fact: Fact

    @property
    def id(self) -> str:
        """Return what a retry of the same notice has in common with the first try."""
        return f"{self.route}|{self.state}|{self.key}|{self.grade}"


@dataclass(frozen=True)
class Due:
    """Notices by what becomes of them: ``now`` goes out, ``held`` waits for the quiet hours' end.

    ``dropped`` are keys by route that nobody will hear of again: their time is over.
    """

    now: tuple[Notice, ...]
    held: tuple[Notice, ...]
    dropped: tuple[tuple[str, str], ...]


def due(of: Source, alerts: Alerts, delivered: Delivered) -> Due:
    """Return what is to be told as of the source's moment; nothing is noted."""
    current: dict[tuple[str, str], Fact] = {}
    for rule in alerts.rules:
        for fact in facts(of, rule):
            for route in rule.routes:
                current.setdefault((route, f"{fact.kind}|{fact.identity}"), fact)
    notices = [
        notice
        for (route, key), fact in current.items()
        if (notice := _news(route, key, fact, delivered)) is not None
    ]
    gone = [
        (route, key)
        for route in alerts.routes
        for key in delivered.keys(route)
        if (route, key) not in current and not key.startswith(DIGEST)
    ]
    after = {kind: resolved(of, kind) for kind in {_kind(key) for _, key in gone} & KINDS.keys()}
    dropped = []
    for route, key in gone:
        fact_now = after.get(_kind(key), {}).get(key.partition("|")[2])
        if fact_now is not None and _is_asked_for(alerts, route, key):
            notices.append(Notice(route, "resolved", key, None, fact_now))
        elif not _may_come_back(of, key):
            dropped.append((route, key))
    held = [one for one in notices if waits(alerts, of.now, one.fact.severity)]
    return Due(tuple(one for one in notices if one not in held), tuple(held), tuple(dropped))


def _news(route: str, key: str, fact: Fact, delivered: Delivered) -> Notice | None:
    grade = delivered.grade(route, key)
    if grade is None:
        return Notice(route, "new", key, fact.grade, fact)
    return Notice(route, "grown", key, fact.grade, fact) if fact.grade > grade else None


def _kind(key: str) -> str:
    return key.partition("|")[0]


def _is_asked_for(alerts: Alerts, route: str, key: str) -> bool:
    """Say whether a rule still sends facts of its kind there: else nobody waits for the end."""
    return any(rule.alert == _kind(key) and route in rule.routes for rule in alerts.rules)


def _may_come_back(of: Source, key: str) -> bool:
    """Say whether an event is of a day that is still looked at: a revision may bring it again."""
    day = key.split("|")[1]
    return _kind(key) == "cost_anomaly" and day >= of.chosen.first.isoformat()


def waits(alerts: Alerts, now: datetime, severity: Severity) -> bool:
    """Say whether quiet hours hold a severity back at a moment."""
    quiet = alerts.quiet_hours
    if quiet is None or severity in quiet.but_send:
        return False
    at = now.astimezone(ZoneInfo(alerts.time_zone)).time()
    if quiet.begin <= quiet.end:
        return quiet.begin <= at < quiet.end
    return at >= quiet.begin or at < quiet.end
