"""All tables of the published file as Parquet beside it, for readers that speak no DuckDB.

Each publish makes a folder of its own under `generations/`, and only then `current.json` is put in
place, in one step: it names the folder's files with their rows and checksums. Who reads what one
`current.json` names never mixes two publishes; the generation before stays for those who began.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb

from exports.published import ExportError, columns, literal, opened, quoted, tables
from exports.replacing import replace

MANIFEST = "current.json"
GENERATIONS = "generations"
# Facts by day are files by month, so that a reader of a month opens that one.
_DAY, _MONTH = "usage_date", "usage_month"


def write(published_file: Path, folder: Path) -> dict[str, Any]:
    """Write a generation of all tables and make it the current one; return its manifest.

    Whoever may read the published file may read these. ``folder`` is made when it is not there.

    Raises:
        ExportError: there is no published file, or DuckDB cannot write.
        OSError: it cannot be written; in both cases the generation before stays the current one.
    """
    with opened(published_file) as connection:
        mode = published_file.stat().st_mode & 0o777
        manifest = _head(connection)
        target = folder / GENERATIONS / str(manifest["generation"])
        there = current(folder)
        if there and there["generation"] == manifest["generation"] and _is_whole(there, folder):
            return there
        made = [] if folder.exists() else [folder]
        # One that was ended half way.
        _remove(target)
        target.mkdir(parents=True)
        # Until it is whole, nobody else's.
        target.chmod(0o700)
        try:
            manifest["tables"] = {
                name: _table(connection, full, name, target, folder)
                for name, full in tables(connection).items()
            }
            _share((*made, target.parent, target, *target.rglob("*")), mode)
            body = json.dumps(manifest, indent=1) + "\n"
            replace(folder / MANIFEST, body.encode(), mode)
        except duckdb.Error as error:
            _remove(target)
            raise ExportError(str(error).splitlines()[0]) from error
        except BaseException:
            _remove(target)
            raise
    # The one before stays for those who have begun to read it.
    _remove_but(folder, {manifest["generation"], (there or manifest)["generation"]})
    return manifest


def _is_whole(manifest: dict[str, Any], folder: Path) -> bool:
    files = (one for table in manifest["tables"].values() for one in table["files"])
    return all(
        (path := folder / one["path"]).is_file() and path.stat().st_size == one["bytes"]
        for one in files
    )


def current(folder: Path) -> dict[str, Any] | None:
    """Return the manifest that readers go by now, or nothing where none was written yet."""
    try:
        found: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        # One that cannot be read is replaced by the next.
        return None
    return found if {"generation", "tables"} <= set(found) else None


def _head(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    answer = connection.execute(
        "select strftime(published_at, '%Y%m%dT%H%M%S.%fZ') as generation,"
        " strftime(published_at, '%Y-%m-%dT%H:%M:%S.%fZ') as published_at,"
        " privacy_level, project_version from published.quality.published_file"
    )
    names = [column[0] for column in answer.description or ()]
    return dict(zip(names, answer.fetchone() or (), strict=True))


def _table(
    connection: duckdb.DuckDBPyConnection, full: str, name: str, target: Path, folder: Path
) -> dict[str, Any]:
    types = columns(connection, full)
    is_by_month = name.startswith("fct_") and _DAY in types
    place = target / (name if is_by_month else f"{name}.parquet")
    query, options = f"select * from {full} order by all", "format parquet, compression zstd"
    if is_by_month:
        place.mkdir()
        query = f"select *, strftime({quoted(_DAY)}, '%Y-%m') as {_MONTH} from ({query})"
        options += f", partition_by ({_MONTH}), filename_pattern 'part-{{i}}'"
    connection.execute(f"copy ({query}) to {literal(str(place))} ({options})")
    files = sorted(place.rglob("*.parquet")) if is_by_month else [place]
    (rows,) = connection.execute(f"select count(*) from {full}").fetchone() or (0,)
    return {
        "rows": rows,
        "partitioned_by": _MONTH if is_by_month else None,
        "columns": types,
        "files": [_file(one, folder) for one in files],
    }


def _file(path: Path, folder: Path) -> dict[str, Any]:
    with path.open("rb") as body:
        digest = hashlib.file_digest(body, "sha256").hexdigest()
    relative = path.relative_to(folder).as_posix()
    return {"path": relative, "bytes": path.stat().st_size, "sha256": digest}


def _share(paths: Iterable[Path], mode: int) -> None:
    """Let those who may read the published file read these, and pass their folders."""
    passable = mode | (mode & 0o444) >> 2
    for path in paths:
        path.chmod(passable if path.is_dir() else mode)


def _remove_but(folder: Path, kept: set[str]) -> None:
    for path in (folder / GENERATIONS).iterdir():
        if path.name not in kept:
            _remove(path)


def _remove(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)
