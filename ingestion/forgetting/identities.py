"""What leads to a person, and the neutral values that take its place.

A value is known by its words: runs of letters, digits and ``_ @ . + -``, in lower case, without
such marks around them, one space between two. A mail address, a login or an id is one word.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

# `handle` leads to a person on the command line alone, and stands in no answer as itself.
Kind = Literal[
    "mail", "login", "github_id", "user_id", "api_key_id", "api_key_name", "name", "handle"
]

NOREPLY = "@users.noreply.github.com"
MAIL_DOMAIN = "forgotten.invalid"


@dataclass(frozen=True)
class Identity:
    """One value that leads to ``person``, in its words, and what is stored in its place."""

    person: str
    kind: Kind
    value: str
    replacement: str


def new_person() -> str:
    """Return the random name of a forgotten person: nothing of them is in it."""
    return secrets.token_hex(6)


def shown_name(person: str) -> str:
    return f"Forgotten person {person}"


def replacements(person: str, found: Mapping[Kind, Iterable[str]]) -> list[Identity]:
    """Give each value, in its words, one of its own: two that differed still do."""
    identities = _mails(person, found.get("mail", ()))
    forms: dict[Kind, str] = {
        "login": "forgotten-{person}-{number}",
        "user_id": "user_forgotten_{person}_{number}",
        "api_key_id": "apikey_forgotten_{person}_{number}",
        "api_key_name": "claude_code_key_forgotten_{person}_{number}",
        "handle": "",
    }
    for kind, form in forms.items():
        for number, value in enumerate(sorted(set(found.get(kind, ()))), start=1):
            replacement = form.format(person=person, number=number)
            identities.append(Identity(person, kind, value, replacement))
    for value in sorted(set(found.get("github_id", ()))):
        # GitHub counts upwards from 1.
        identities.append(Identity(person, "github_id", value, str(-secrets.randbelow(10**15) - 1)))
    for value in sorted(set(found.get("name", ()))):
        # One word alone is any word; beside an address it is replaced all the same.
        is_name = " " in value
        identities.append(
            Identity(person, "name" if is_name else "handle", value, shown_name(person))
        )
    return identities


def _mails(person: str, addresses: Iterable[str]) -> list[Identity]:
    """Addresses with a plus keep one, and go with the mailbox behind them."""
    # GitHub's own addresses are made of the login, and go with it.
    plain = {address for address in addresses if not address.endswith(NOREPLY)}
    mailboxes: dict[str, list[str]] = {}
    for address in plain:
        mailboxes.setdefault(mailbox(address), []).append(address)
    found = []
    for number, (box, theirs) in enumerate(sorted(mailboxes.items()), start=1):
        local = f"forgotten-{person}-{number}"
        found.append(Identity(person, "mail", box, f"{local}@{MAIL_DOMAIN}"))
        for position, address in enumerate(sorted(set(theirs) - {box}), start=1):
            found.append(Identity(person, "mail", address, f"{local}+{position}@{MAIL_DOMAIN}"))
    return found


def mailbox(address: str) -> str:
    """Return ``ada@x`` for ``ada+claude@x``."""
    return re.sub(r"^([^+@]+)\+[^@]*@", r"\1@", address)
