"""The invented people, workspaces and API keys of the demo organisation.

Names and identifiers are made up; only the directory side belongs here, not what people did.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

MAIL_DOMAIN = "larkfield.example"
TEAMS = ("Checkout", "Platform", "Mobile", "Data")
CLAUDE_CODE_WORKSPACE = "Claude Code"
_LETTERS = "abcdefghkmnpqrstuwxyz"

_NAMES = """
Ada Novak|Bruno Keller|Chiara Rossi|Daniel Okafor|Elif Demir|Farid Haddad|Greta Lindholm|Hugo Martin
Ines Carvalho|Jonas Weber|Kavya Menon|Liam Byrne|Mila Petrova|Noah Fischer|Olga Sokolova
Pablo Serrano|Quinn Harper|Rosa Delgado|Samir Nasser|Tara Whitlock|Umar Siddiqui|Vera Horvath
Wen Zhao|Ximena Torres|Yusuf Kaya|Zoe Laurent|Aron Berg|Bianca Conti|Claude Moreau|Dora Szabo
Emil Hansen|Fatima Zahra|Goran Ilic|Hanna Virtanen|Ivo Marek|Jade Nguyen|Karl Brandt|Lena Sommer
Marco Bianchi|Nora Eriksen
"""


@dataclass
class Person:
    """One employee. ``email`` is the canonical lower-case work address, unique per person."""

    user_id: str
    name: str
    email: str
    directory_email: str
    team: str
    role: str
    added_at: str
    github_login: str
    github_id: int
    private_email: str
    is_in_directory: bool
    # Share of working days with Claude Code; 0 for people who never use it.
    intensity: float
    signs_in_with_key: bool
    has_subscription: bool
    terminals: tuple[str, ...]

    @property
    def local_part(self) -> str:
        return self.email.partition("@")[0]


@dataclass
class Workspace:
    """One workspace; reports say null for the default one although it has an id."""

    workspace_id: str
    name: str
    created_at: str
    archived_at: str | None = None
    is_default: bool = False
    cost_center: str | None = None

    @property
    def reported_id(self) -> str | None:
        return None if self.is_default else self.workspace_id


@dataclass
class ApiKey:
    """One API key. ``is_listed`` is false for a key that was deleted and left only its traces."""

    api_key_id: str
    name: str
    workspace: Workspace
    created_at: str
    created_by_id: str | None
    created_by_type: str = "user"
    status: str = "active"
    expires_at: str | None = None
    is_listed: bool = True


@dataclass
class Member:
    """One person's place in one workspace."""

    user_id: str
    workspace_id: str
    workspace_role: str


def identifier(prefix: str, rng: random.Random) -> str:
    """Return an invented id in the form the API uses."""
    alphabet = "ABCDEFGHJKMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz123456789"
    return f"{prefix}_01" + "".join(rng.choices(alphabet, k=22))


def build_people(rng: random.Random) -> list[Person]:
    """Return 40 people; the last one has left, so that only records know them."""
    names = [name for line in _NAMES.strip().splitlines() for name in line.split("|")]
    return [_person(rng, index, name, len(names)) for index, name in enumerate(names)]


def _person(rng: random.Random, index: int, name: str, count: int) -> Person:
    given, surname = name.lower().split()
    email = f"{given}.{surname}@{MAIL_DOMAIN}"
    # One address is listed in mixed case: joins must not depend on it.
    listed = f"{given.title()}.{surname.title()}@{MAIL_DOMAIN}" if index in (4, 17) else email
    added = date(2026, 1, 12) + timedelta(days=rng.randrange(170))
    every_terminal = ("vscode", "iTerm.app", "tmux", "cursor", "goland", "ssh-session")
    terminals = tuple(rng.sample(every_terminal, k=2))
    return Person(
        user_id=identifier("user", rng),
        name=name,
        email=email,
        directory_email=listed,
        team=TEAMS[index % len(TEAMS)],
        role=_role(index),
        added_at=f"{added}T{rng.randrange(7, 18):02d}:{rng.randrange(60):02d}:21.{index:06d}Z",
        github_login=f"{given[0]}{surname}-lf",
        github_id=61_000_000 + rng.randrange(9_000_000),
        private_email=f"{given}{rng.randrange(70, 99)}@mail.example",
        is_in_directory=index != count - 1,
        intensity=0.0 if index in (2, 3, 36) else rng.choice((0.25, 0.5, 0.75, 0.9)),
        signs_in_with_key=index in (7, 15, 22, 30),
        has_subscription=index in (11, 26),
        terminals=terminals if index % 5 else (*terminals, "WarpTerminal"),
    )


def _role(index: int) -> str:
    if index < 2:
        return "admin"
    if index < 4:
        return "billing"
    if index < 10:
        return "developer"
    return "user" if index in (36, 37, 38) else "claude_code_user"


def build_workspaces(rng: random.Random) -> list[Workspace]:
    """Return the default workspace first, then four named ones, one of them archived."""
    described = (
        ("Default", None, True, None),
        (CLAUDE_CODE_WORKSPACE, None, False, "eng-100"),
        ("Product Assistant", None, False, "prod-210"),
        ("Evaluation", None, False, "research-330"),
        ("Summer Prototype", "2026-09-14T16:02:11Z", False, None),
    )
    return [
        Workspace(
            workspace_id=identifier("wrkspc", rng),
            name=name,
            created_at=f"2026-01-{12 + position:02d}T09:00:00Z",
            archived_at=archived,
            is_default=is_default,
            cost_center=cost_center,
        )
        for position, (name, archived, is_default, cost_center) in enumerate(described)
    ]


def build_api_keys(
    rng: random.Random, people: list[Person], workspaces: list[Workspace]
) -> list[ApiKey]:
    """Return one Claude Code key per person who pays by use, and the service keys."""
    default, claude_code, assistant, evaluation, prototype = workspaces

    def key(name: str, workspace: Workspace, creator: str | None, **more: Any) -> ApiKey:
        day = date(2026, 2, 2) + timedelta(days=rng.randrange(150))
        key_id = identifier("apikey", rng)
        return ApiKey(key_id, name, workspace, f"{day}T10:11:12Z", creator, **more)

    keys = [
        key(
            f"claude_code_key_{person.local_part}_{''.join(rng.choices(_LETTERS, k=4))}",
            claude_code,
            person.user_id,
            status="active" if person.is_in_directory else "archived",
        )
        for person in people
        if person.intensity and not person.has_subscription
    ]
    admin, second_admin = people[0].user_id, people[1].user_id
    service_account = identifier("svac", rng)
    return [
        *keys,
        key("ci-nightly", default, admin),
        key("docs-search", default, people[5].user_id),
        key("legacy-import", default, None),
        key("assistant-production", assistant, admin),
        key("assistant-staging", assistant, second_admin, status="inactive"),
        key("assistant-gateway", assistant, service_account, created_by_type="service_account"),
        key("eval-runner", evaluation, people[8].user_id, expires_at="2027-01-31T00:00:00Z"),
        key("prototype", prototype, people[12].user_id, status="expired"),
        # The same name twice, by two people: the name alone tells nobody.
        key("shared-runner", claude_code, people[6].user_id),
        key("shared-runner", claude_code, people[9].user_id),
        key("claude_code_key_deleted_qzxw", claude_code, None, is_listed=False),
    ]


def build_members(people: list[Person], workspaces: list[Workspace]) -> list[Member]:
    """Return memberships of the named workspaces for people who are in the directory."""
    _, claude_code, assistant, evaluation, prototype = workspaces
    members: list[Member] = []
    for index, person in enumerate(people):
        if not person.is_in_directory:
            continue
        role = "workspace_admin" if person.role == "admin" else "workspace_developer"
        if person.intensity:
            members.append(Member(person.user_id, claude_code.workspace_id, role))
        if index % 6 == 0:
            members.append(Member(person.user_id, assistant.workspace_id, "workspace_user"))
        if index % 9 == 0:
            members.append(Member(person.user_id, evaluation.workspace_id, "workspace_billing"))
    members.append(
        Member(people[12].user_id, prototype.workspace_id, "workspace_restricted_developer")
    )
    return members
