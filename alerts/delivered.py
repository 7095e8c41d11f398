"""What was delivered to which route: a small file of its own, replaced whole.

It holds identities of facts, which may be keys of people, and no figures, names or secrets. Only
its owner reads it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock

_VERSION = 1


class DeliveredError(Exception):
    """The file of what was delivered cannot be used."""


@dataclass
class Delivered:
    """By route and key: the grade that was delivered last, or for a digest 0."""

    grades: dict[str, dict[str, int]] = field(default_factory=dict)

    def grade(self, route: str, key: str) -> int | None:
        """Return the grade that a route had last; None for never."""
        return self.grades.get(route, {}).get(key)

    def keys(self, route: str) -> tuple[str, ...]:
        """Return all that a route was sent."""
        return tuple(self.grades.get(route, {}))

    def note(self, route: str, changes: Mapping[str, int | None]) -> None:
        """Note what was delivered; None forgets."""
        known = self.grades.setdefault(route, {})
        for key, grade in changes.items():
            if grade is None:
                known.pop(key, None)
            else:
                known[key] = grade


@contextmanager
def opened(path: Path) -> Iterator[Delivered]:
    """Yield what was delivered, by one process at a time; changes are kept by `save`.

    Raises:
        DeliveredError: the file is no such file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{path}.lock", mode=0o600):
        yield read(path)


def read(path: Path) -> Delivered:
    """Return what was delivered; nothing where there is no file.

    Raises:
        DeliveredError: the file is no such file.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["version"] != _VERSION:
            raise DeliveredError(f"{path} is of another version of claude-usage")
        return Delivered({str(route): dict(known) for route, known in found["delivered"].items()})
    except FileNotFoundError:
        return Delivered()
    except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DeliveredError(
            f"{path} cannot be read as what was delivered: move it away, and all is sent anew"
        ) from error


def save(path: Path, delivered: Delivered) -> None:
    """Replace the file in one step."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    text = json.dumps(
        {"version": _VERSION, "delivered": delivered.grades}, indent=1, sort_keys=True
    )
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
