"""Git identities: how the invented people, the bots and the agents sign commits."""

from __future__ import annotations

import random

from demo_api.git_store import GitActor, GitUser
from demo_api.people import Person

WEB_FLOW = ("GitHub", "noreply@github.com", GitUser("web-flow", 19864447))

# name, address, account the address resolves to
IDENTITIES: dict[str, tuple[str, str, GitUser | None]] = {
    "claude": ("Claude", "noreply@anthropic.com", GitUser("claude", 81847)),
    "claude_bot": (
        "claude[bot]",
        "209825114+claude[bot]@users.noreply.github.com",
        GitUser("claude[bot]", 209825114),
    ),
    # The action's default id belongs to another bot, so the account is not Claude's.
    "claude_bot_action": (
        "claude[bot]",
        "41898282+claude[bot]@users.noreply.github.com",
        GitUser("github-actions[bot]", 41898282),
    ),
    "copilot": (
        "copilot-swe-agent[bot]",
        "198982749+Copilot@users.noreply.github.com",
        GitUser("Copilot", 198982749),
    ),
    "dependabot": (
        "dependabot[bot]",
        "49699333+dependabot[bot]@users.noreply.github.com",
        GitUser("dependabot[bot]", 49699333),
    ),
    "renovate": (
        "renovate[bot]",
        "29139614+renovate[bot]@users.noreply.github.com",
        GitUser("renovate[bot]", 29139614),
    ),
    "github_actions": (
        "github-actions[bot]",
        "41898282+github-actions[bot]@users.noreply.github.com",
        GitUser("github-actions[bot]", 41898282),
    ),
}


def known_actor(identity: tuple[str, str, GitUser | None], date: str) -> GitActor:
    """Return the git actor of a bot, an agent or GitHub itself."""
    name, email, user = identity
    return GitActor(name, email, date, user)


def former_colleague(date: str) -> GitActor:
    """Return somebody whose account is gone and whose address nobody has."""
    return GitActor("Former Colleague", "former@old-mail.example", date, None)


def person_actor(rng: random.Random, person: Person, date: str) -> GitActor:
    """Return one of the ways in which a person signs: work, noreply or private address."""
    user = GitUser(person.github_login, person.github_id)
    draw = rng.random()
    if draw < 0.62:
        return GitActor(person.name, person.email, date, user)
    if draw < 0.72:
        return GitActor(person.name, person.email.title(), date, user)
    if draw < 0.86:
        login = f"{person.github_id}+{person.github_login}"
        return GitActor(person.name, f"{login}@users.noreply.github.com", date, user)
    if draw < 0.93:
        address = f"{person.github_login}@users.noreply.github.com"
        return GitActor(person.github_login, address, date, user)
    # Half of the people told GitHub about their private address; the others stay unmapped.
    known = user if person.github_id % 2 else None
    return GitActor(person.name.split()[0].lower(), person.private_email, date, known)
