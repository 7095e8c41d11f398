"""What was told to which route: a small file of its own, replaced whole.

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


class ToldError(Exception):
    """The file of what was told cannot be used."""


@dataclass
class Told:
    """By route and key: the grade that was told last, or for a digest 0."""

    grades: dict[str, dict[str, int]] = field(default_factory=dict)

    def grade(self, route: str, key: str) -> int | None:
        """Return the grade that a route was told last; None for never."""
        return self.grades.get(route, {}).get(key)

    def keys(self, route: str) -> tuple[str, ...]:
        """Return all that a route was told."""
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
def opened(path: Path) -> Iterator[Told]:
    """Yield what was told, by one process at a time; changes are kept by `save`.

    Raises:
        ToldError: the file is no such file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{path}.lock", mode=0o600):
        yield read(path)


def read(path: Path) -> Told:
    """Return what was told; nothing where there is no file.

    Raises:
        ToldError: the file is no such file.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["version"] != _VERSION:
            raise ToldError(f"{path} is of another version of claude-usage")
        return Told({str(route): dict(known) for route, known in found["told"].items()})
    except FileNotFoundError:
        return Told()
    except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ToldError(
            f"{path} cannot be read as what was told: move it away, and all is told anew"
        ) from error


def save(path: Path, told: Told) -> None:
    """Replace the file in one step."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    text = json.dumps({"version": _VERSION, "told": told.grades}, indent=1, sort_keys=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
