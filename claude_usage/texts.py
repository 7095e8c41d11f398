"""Files beside the warehouse in which a person may be named: seeds, and Dagster's history."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from ingestion.forgetting.identities import Identity


class Sought:
    """The words of identities, to be found and replaced in text of any kind."""

    def __init__(self, identities: Iterable[Identity]) -> None:
        self._put = {
            one.value: one.replacement
            for one in identities
            if one.kind not in ("handle", "github_id")
        }
        words = sorted(self._put, key=len, reverse=True)
        between = r"[^\w@]{1,3}"
        parts = [between.join(map(re.escape, word.split(" "))) for word in words]
        any_of_them = f"(?:{'|'.join(parts)})" if parts else "(?!)"
        self._pattern = re.compile(
            rf"(?<![\w.+@-]){any_of_them}(?![\w@-]|\.\w)", flags=re.IGNORECASE
        )

    def is_in(self, text: str) -> bool:
        return self._pattern.search(text) is not None

    def replaced_in(self, text: str) -> str:
        return self._pattern.sub(self._replacement, text)

    def _replacement(self, match: re.Match[str]) -> str:
        words = " ".join(word.strip(".+-") for word in re.findall(r"[\w@.+-]+", match.group()))
        return self._put.get(words.lower(), "forgotten")


def lines_naming(folder: Path | None, sought: Sought) -> list[str]:
    """Return `file, line n` of the seeds in ``folder`` that name anybody sought."""
    return [
        f"{path}, line {number}"
        for path in (sorted(folder.glob("*.csv")) if folder else [])
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if sought.is_in(line)
    ]


def clean_history(home: Path, sought: Sought) -> int:
    """Replace whom is sought in Dagster's history in ``home``; return how many files had them."""
    changed = 0
    for path in sorted(one for one in home.rglob("*") if one.is_file()):
        if path.suffix == ".db":
            changed += _clean_database(path, sought)
        elif not path.name.endswith(("-wal", "-shm")):
            text = path.read_bytes().decode(errors="surrogateescape")
            if sought.is_in(text):
                path.write_bytes(sought.replaced_in(text).encode(errors="surrogateescape"))
                changed += 1
    return changed


def _clean_database(path: Path, sought: Sought) -> bool:
    with closing(sqlite3.connect(path, timeout=60)) as connection:
        connection.create_function("is_named", 1, _on_text(sought.is_in))
        connection.create_function("without", 1, _on_text(sought.replaced_in))
        # What is replaced is overwritten, not left in the file.
        connection.execute("pragma secure_delete = on")
        changes = 0
        tables = connection.execute(
            "select name from sqlite_master where type = 'table'"
        ).fetchall()
        for (table,) in tables:
            for column in connection.execute(f'pragma table_info("{table}")').fetchall():
                changes += connection.execute(
                    f'update "{table}" set "{column[1]}" = without("{column[1]}")'
                    f' where typeof("{column[1]}") = \'text\' and is_named("{column[1]}")'
                ).rowcount
        connection.commit()
        connection.execute("pragma wal_checkpoint(truncate)")
    return changes > 0


def _on_text(function: Callable[[str], bool | str]) -> Callable[[Any], Any]:
    return lambda value: function(value) if isinstance(value, str) else value
