"""Whether the published file still stands: nothing that it was made of has changed since.

A run that builds all notes what with and how it left the warehouse; publishing adds the file. Any
difference, and any doubt, is a reason to build. The note lies with Dagster's history and goes with
it, so what stands is what the history shows. Nothing here opens the warehouse.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from ingestion.settings import Settings

ROOT = Path(__file__).parents[1]
# What a build runs. Not what only reads its result.
CODE = ("attribution", "data_quality", "dbt_project", "estimates", "ingestion", "publishing")
CODE_OF_RUNS = ("orchestration",)
KINDS = frozenset({".csv", ".md", ".py", ".sql", ".yaml", ".yml"})
# What dbt makes of the project itself.
_MADE = frozenset({"logs", "target"})


@dataclass(frozen=True)
class Standing:
    """A published file that is as a new one would be: since when (UTC), and what was warned of."""

    since: datetime
    warnings: tuple[str, ...]


def made_with(settings: Settings) -> str:
    """Return a hash of all that a build depends on beside the warehouse: settings, seeds, code."""
    digest = hashlib.sha256()
    for part in _parts(settings):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()


def note_built(settings: Settings, made: str, run_id: str) -> None:
    """Note that a run has made the tables of all that the warehouse holds, ``made`` with what.

    To be called by the writer of the warehouse, before another can write.
    """
    if path := _note():
        state = _state_of_warehouse(settings)
        _write(path, {"run_id": run_id, "made_with": made, "warehouse": state})


@contextmanager
def noted_anew(settings: Settings, run_id: str) -> Iterator[None]:
    """Note the warehouse as a run leaves it that keeps there what its checks have found.

    To be used by the writer of the warehouse. Where another has written since the build, it stays
    noted as it was, and nothing stands.
    """
    path = _note()
    noted = _read(path) if path else {}
    is_ours = noted.get("run_id") == run_id and _is_untouched(settings, noted)
    yield
    if path and is_ours:
        _write(path, {**noted, "warehouse": _state_of_warehouse(settings)})


def note_published(settings: Settings, run_id: str) -> None:
    """Note that what a run has built is published, unless another has written since."""
    path = _note()
    noted = _read(path) if path else {}
    if path and noted.get("run_id") == run_id and _is_untouched(settings, noted):
        at = datetime.now(UTC).isoformat(timespec="seconds")
        _write(path, {**noted, "published": _state(settings.publish_path), "published_at": at})


def note_warnings(lines: Sequence[str]) -> None:
    """Note what the run warned of, to be repeated as long as its file stands."""
    path = _note()
    noted = _read(path) if path else {}
    if path and "published" in noted:
        _write(path, {**noted, "warnings": list(lines)})


def standing(settings: Settings) -> Standing | None:
    """Return what is published, or None when it may differ from what a new run would publish."""
    path = _note()
    noted = _read(path) if path else {}
    published = _state(settings.publish_path)
    is_same = published and noted.get("published") == published and _is_untouched(settings, noted)
    if not is_same or noted.get("made_with") != made_with(settings):
        return None
    since = datetime.fromisoformat(noted["published_at"])
    return Standing(since, tuple(noted.get("warnings", ())))


def _parts(settings: Settings) -> Iterator[bytes]:
    yield repr((sys.version, ROOT, settings.warehouse_path.resolve())).encode()
    yield repr(settings.publish_path.resolve()).encode()
    values = {name: _plain(getattr(settings, name)) for name in type(settings).model_fields}
    yield json.dumps(values, sort_keys=True).encode()
    # Options of dbt.
    yield repr(sorted(one for one in os.environ.items() if one[0].startswith("DBT_"))).encode()
    yield repr(_installed()).encode()
    for file in _code():
        yield str(file.relative_to(ROOT)).encode()
        yield file.read_bytes()
    for file in sorted(settings.seeds_folder.glob("*.csv")) if settings.seeds_folder else ():
        yield file.name.encode()
        yield file.read_bytes()


def _plain(value: object) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def _installed() -> list[str]:
    """Return names and versions of the packages beside this Python."""
    return sorted(path.name for path in Path(sysconfig.get_path("purelib")).glob("*.dist-info"))


def _code() -> Iterator[Path]:
    for room in (*CODE, *CODE_OF_RUNS):
        for folder, folders, files in os.walk(ROOT / room):
            folders[:] = sorted(set(folders) - _MADE)
            for name in sorted(files):
                if Path(name).suffix in KINDS:
                    yield Path(folder, name)


def _note() -> Path | None:
    home = os.environ.get("DAGSTER_HOME")
    return Path(home, "standing.json") if home else None


def _is_untouched(settings: Settings, noted: Mapping[str, Any]) -> bool:
    state = _state_of_warehouse(settings)
    return state is not None and noted.get("warehouse") == state


def _state_of_warehouse(settings: Settings) -> list[int] | None:
    """Return the state of the warehouse, None while it has a log that is not written back."""
    path = settings.warehouse_path.resolve()
    return None if path.with_name(f"{path.name}.wal").exists() else _state(path)


def _state(path: Path) -> list[int] | None:
    """Return what changes when a file is written or another takes its place."""
    try:
        found = path.stat()
    except OSError:
        return None
    return [found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns]


def _read(path: Path) -> Mapping[str, Any]:
    try:
        noted = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return noted if isinstance(noted, dict) else {}


def _write(path: Path, noted: Mapping[str, Any]) -> None:
    beside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    beside.write_text(json.dumps(noted, indent=2) + "\n")
    beside.replace(path)
