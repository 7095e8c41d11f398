"""The Enterprise organisation of the invented company: seats, groups, activity and usage.

Some of Larkfield's people have a seat, under user ids of their own and the same addresses. All of
it comes from a stream of its own, so that nothing of the Console organisation depends on it.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from demo_api.activity import EMPTY_DAYS, UsageRow
from demo_api.people import Person, identifier

# What the company pays of the list price.
DISCOUNTED = Decimal("0.9")
ARTIFACTS_SINCE = "2026-08-17"
ACCOUNT_DELETED = "2026-09-15"
MEMBER_REMOVED = "2026-10-09"
SECURITY_SERVICE = "Claude Security"
_SEATS = (1, 5, 8, 11, 14, 17, 20, 23, 26, 29, 32, 33, 35, 36, 39)
_REMOVED, _DELETED = 33, 39
_MODELS = ("claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5", "claude-opus-5")


@dataclass
class Seat:
    """A member of the Enterprise organisation, or one who was.

    ``email`` is the canonical address, null for the service that has no mailbox. A deleted account
    keeps its ``user_id`` in reports and loses its address there.
    """

    user_id: str
    name: str
    email: str | None
    directory_email: str
    role: str
    seat_tier: str
    added_at: str
    is_listed: bool = True
    account_deleted: bool = False
    last_day: str | None = None

    def is_assigned(self, day: str) -> bool:
        """Say whether the seat was somebody's on a day."""
        if self.last_day is not None:
            return day <= self.last_day
        return self.is_listed


@dataclass
class GroupMember:
    """One seat in one group."""

    user_id: str
    created_at: str


@dataclass
class Group:
    """One RBAC group; ``role_ids`` null says that they could not be read."""

    group_id: str
    name: str
    source_type: str
    created_at: str
    role_ids: list[str] | None
    members: list[GroupMember] = field(default_factory=list)


@dataclass
class EnterpriseActivity:
    """What one seat did on one day, in Claude Code, in chat and in other products."""

    day: str
    user_id: str
    sessions: int = 0
    lines_added: int = 0
    lines_removed: int = 0
    commits: int = 0
    pull_requests: int = 0
    artifacts: int = 0
    tools: dict[str, tuple[int, int]] = field(default_factory=dict)
    chat_messages: int = 0
    chat_conversations: int = 0
    web_searches: int = 0
    cowork_sessions: int = 0
    cowork_messages: int = 0
    cowork_actions: int = 0
    excel_messages: int = 0


@dataclass
class Enterprise:
    """The Enterprise organisation; ``activity`` and ``usage`` are by UTC day, as text."""

    organization_id: str
    name: str
    seats: list[Seat]
    groups: list[Group]
    activity: dict[str, list[EnterpriseActivity]] = field(default_factory=dict)
    usage: dict[str, list[UsageRow]] = field(default_factory=dict)

    def seat(self, email: str) -> Seat:
        """Return the seat of a work address."""
        return next(seat for seat in self.seats if seat.email == email.lower())

    def group(self, name: str) -> Group:
        """Return a group by its name."""
        return next(group for group in self.groups if group.name == name)

    def groups_of(self, user_id: str | None, day: str) -> list[str]:
        """Return the ids of all groups a seat was in on a day."""
        return [
            group.group_id
            for group in self.groups
            if any(m.user_id == user_id and m.created_at[:10] <= day for m in group.members)
        ]


def build_enterprise(rng: random.Random, people: list[Person], days: Iterable[str]) -> Enterprise:
    """Return the Enterprise organisation over ``days``."""
    seats = [_seat(rng, place, people[index], index) for place, index in enumerate(_SEATS)]
    service = Seat(
        identifier("user", rng),
        SECURITY_SERVICE,
        None,
        "",
        "user",
        "enterprise_standard",
        "2026-06-01T00:00:00Z",
        is_listed=False,
    )
    enterprise = Enterprise(
        organization_id="9e4c2f70-51bd-4d0e-8b3a-c7a6d2e91f08",
        name="Larkfield Software Enterprise (demo)",
        seats=[*seats, service],
        groups=_groups(rng, seats),
    )
    for day in days:
        enterprise.activity[day], enterprise.usage[day] = _day(rng, day, seats, service)
    return enterprise


def _seat(rng: random.Random, place: int, person: Person, index: int) -> Seat:
    roles = ("primary_owner", "owner", "membership_admin")
    return Seat(
        user_id=identifier("user", rng),
        name=person.name,
        email=person.email,
        directory_email=person.directory_email,
        role=roles[place] if place < len(roles) else "user",
        seat_tier="enterprise_premium" if place % 3 == 0 else "enterprise_standard",
        added_at=f"2026-07-{1 + place:02d}T08:30:00Z",
        is_listed=index not in (_REMOVED, _DELETED),
        account_deleted=index == _DELETED,
        last_day={_REMOVED: MEMBER_REMOVED, _DELETED: ACCOUNT_DELETED}.get(index),
    )


def _groups(rng: random.Random, seats: list[Seat]) -> list[Group]:
    """Return three groups, each with one person of the next in it, and an empty one.

    Most people are in one group, which is their team; the last one listed is in none.
    """
    listed = [seat for seat in seats if seat.is_listed]
    described: tuple[tuple[str, str, list[str] | None, list[Seat]], ...] = (
        ("Engineering", "scim", [identifier("role", rng)], listed[:6]),
        ("Checkout squad", "direct", [], listed[8:-1]),
        ("Platform guild", "direct", None, listed[5:9]),
        ("Nobody yet", "direct", [], []),
    )
    return [
        Group(
            group_id=identifier("rbac_group", rng),
            name=name,
            source_type=source,
            created_at=f"2026-07-0{2 + place}T12:00:00Z",
            role_ids=roles,
            members=[GroupMember(seat.user_id, "2026-07-20T12:00:00Z") for seat in members],
        )
        for place, (name, source, roles, members) in enumerate(described)
    ]


def _day(
    rng: random.Random, day: str, seats: list[Seat], service: Seat
) -> tuple[list[EnterpriseActivity], list[UsageRow]]:
    asked = date.fromisoformat(day)
    if asked in EMPTY_DAYS:
        return [], []
    share = 0.08 if asked.weekday() >= 5 else 0.75
    activity: list[EnterpriseActivity] = []
    rows: list[UsageRow] = []
    for seat in seats:
        if rng.random() >= share or (seat.last_day is not None and day > seat.last_day):
            continue
        done = _activity(rng, day, seat)
        activity.append(done)
        rows.extend(_usage(rng, done))
    if asked.weekday() == 0:
        rows.append(_row(rng, day, service.user_id, "claude-sonnet-5-5", "cc_security_autopatch"))
    if asked.weekday() == 1:
        # Of a Slack channel and of Code Review: no user, so that user reports leave them out.
        rows.append(_row(rng, day, None, "claude-sonnet-5-5", "claude_tag"))
        rows.append(_row(rng, day, None, "claude-opus-5-5", "claude_code"))
    return activity, rows


def _activity(rng: random.Random, day: str, seat: Seat) -> EnterpriseActivity:
    done = EnterpriseActivity(day, seat.user_id)
    done.chat_messages = rng.randrange(0, 18)
    done.chat_conversations = min(done.chat_messages, rng.randrange(1, 5))
    done.web_searches = rng.randrange(0, 5)
    # One in seven days with chat only: all Claude Code counts are zeros then.
    if rng.random() < 0.85:
        done.sessions = rng.randrange(1, 6)
        done.lines_added = rng.randrange(10, 700)
        done.lines_removed = rng.randrange(200)
        done.commits = rng.randrange(5)
        done.pull_requests = min(done.commits, rng.randrange(3))
        done.artifacts = rng.randrange(3) if day >= ARTIFACTS_SINCE else 0
        done.tools = {
            "edit_tool": (rng.randrange(2, 50), rng.randrange(6)),
            "multi_edit_tool": (rng.randrange(5), rng.randrange(2)),
            "write_tool": (rng.randrange(9), rng.randrange(2)),
        }
    _add_other_products(done)
    return done


def _add_other_products(done: EnterpriseActivity) -> None:
    # From a stream of its own, so that all else is what it was before other products were told.
    rng = random.Random(f"{done.day} {done.user_id}")
    if rng.random() < 0.3:
        done.cowork_sessions = rng.randrange(1, 4)
        done.cowork_messages = done.cowork_sessions * rng.randrange(1, 9)
        done.cowork_actions = rng.randrange(60)
    if rng.random() < 0.15:
        done.excel_messages = rng.randrange(1, 12)


def _usage(rng: random.Random, done: EnterpriseActivity) -> Iterator[UsageRow]:
    if done.sessions:
        for model in rng.sample(_MODELS, k=rng.choice((1, 1, 2))):
            yield _row(rng, done.day, done.user_id, model, "claude_code")
    if done.chat_messages:
        yield _row(rng, done.day, done.user_id, "claude-sonnet-5-5", "chat", done.web_searches)
    if done.chat_messages > 15:
        yield _row(rng, done.day, done.user_id, "claude-haiku-5-5", "claude_tag")


def _row(
    rng: random.Random,
    day: str,
    user_id: str | None,
    model: str,
    product: str,
    web_searches: int = 0,
) -> UsageRow:
    return UsageRow(
        day=day,
        minute=rng.randrange(6 * 60, 20 * 60),
        account_id=user_id,
        api_key_id=None,
        workspace_id=None,
        model=model,
        uncached_input=rng.randrange(500, 40_000),
        output=rng.randrange(400, 60_000),
        cache_read=rng.randrange(3_000_000),
        write_5m=rng.randrange(200_000),
        write_1h=0,
        context_window="200k-1M" if rng.random() < 0.05 else "0-200k",
        web_searches=web_searches,
        product=product,
    )
