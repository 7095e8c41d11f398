"""Where Claude Code keeps its transcripts, and for how long."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

# What Claude Code does where its settings say nothing.
DEFAULT_CLEANUP_DAYS = 30
LONGEST_CLEANUP_DAYS = 36_500
# Its settings are small; anything longer is none.
_LONGEST_SETTINGS = 10_000_000


@dataclass(frozen=True)
class Transcript:
    """A transcript as it lies on the disk; ``project`` is the folder under `projects`."""

    place: str
    project: str
    device: int
    inode: int
    size: int
    modified_ns: int

    @property
    def path(self) -> Path:
        return Path(self.place)


def roots(config_folder: str | None, home: Path) -> tuple[Path, ...]:
    """Return the folders in which Claude Code keeps `projects`, each once, where they are there.

    Args:
        config_folder: CLAUDE_CONFIG_DIR, in the place of `~/.claude`: one folder, or several
            with commas.
    """
    named = [Path(one.strip()).expanduser() for one in (config_folder or "").split(",")]
    first = [one for one in named if one != Path()] or [home / ".claude"]
    found: dict[Path, Path] = {}
    for root in (*first, home / ".config" / "claude"):
        if (root / "projects").is_dir():
            found.setdefault(root.resolve(), root)
    return tuple(found.values())


def transcripts(folders: Sequence[Path]) -> list[Transcript]:
    """Return all transcripts below `projects` of the folders, each file once.

    Nothing else is looked at: neither `history.jsonl` nor `.claude.json`, which hold prompts and
    addresses, lie there.
    """
    found: dict[tuple[int, int], Transcript] = {}
    for folder in folders:
        projects = folder / "projects"
        for path, entry in _jsonl_files(projects):
            try:
                stat = entry.stat()
            except OSError:
                # Swept meanwhile.
                continue
            project = path[len(str(projects)) + 1 :].split(os.sep, 1)[0]
            one = Transcript(
                path, project, stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns
            )
            found.setdefault((one.device, one.inode), one)
    return sorted(found.values(), key=lambda one: one.place)


def _jsonl_files(folder: Path) -> Iterator[tuple[str, os.DirEntry[str]]]:
    pending = [str(folder)]
    while pending:
        try:
            entries = list(os.scandir(pending.pop()))
        except OSError:
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                pending.append(entry.path)
            elif entry.name.endswith(".jsonl") and entry.name != "history.jsonl":
                yield entry.path, entry


def cleanup_days(folders: Sequence[Path]) -> int:
    """Return after how many days Claude Code deletes transcripts: the shortest of the folders."""
    return min((_cleanup_days(one) for one in folders), default=DEFAULT_CLEANUP_DAYS)


def _cleanup_days(folder: Path) -> int:
    try:
        with (folder / "settings.json").open("rb") as file:
            settings = json.loads(file.read(_LONGEST_SETTINGS))
    except (OSError, ValueError, RecursionError):
        return DEFAULT_CLEANUP_DAYS
    days = settings.get("cleanupPeriodDays") if isinstance(settings, dict) else None
    if not isinstance(days, int | float) or isinstance(days, bool) or not days >= 0:
        return DEFAULT_CLEANUP_DAYS
    return int(min(days, LONGEST_CLEANUP_DAYS))


def agent_type(path: Path) -> str | None:
    """Return the kind of a sub-agent that stands beside its transcript; None where none does."""
    if not path.name.startswith("agent-"):
        return None
    try:
        with path.with_suffix(".meta.json").open("rb") as file:
            settings = json.loads(file.read(_LONGEST_SETTINGS))
    except (OSError, ValueError, RecursionError):
        return None
    kind = settings.get("agentType") if isinstance(settings, dict) else None
    return kind if isinstance(kind, str) else None
