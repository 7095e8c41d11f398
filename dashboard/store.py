"""The published file, read by generations: what one page shows is all of one file.

DuckDB gives whoever connects to a path the file that is open already, also after it was replaced.
So each generation is attached to a database in memory of its own, and let go with its last reader.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb

# A page's queries take milliseconds; what takes this long is ended.
SECONDS_A_QUERY = 20.0
MOST_ROWS = 50_000
# More are no faster on few cores, and each takes memory.
_AT_ONCE = 3
_SECONDS_TO_WAIT = 30.0
# Of DuckDB; the process needs as much again for itself and for rows.
_MEMORY = "140MB"
_MOST_KEPT = 200
_MOST_KEPT_ROWS = 600

Value = str | int | date | tuple[str, ...] | None


class NoFile(Exception):
    """There is no published file, or none that can be read; the text says what to do."""


class TooSlow(Exception):
    """A query was ended."""


class TooBusy(Exception):
    """Too many pages were asked for at once."""


@dataclass(frozen=True)
class Answer:
    """Rows of a query. ``is_cut``: there are more than are here."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[object, ...]]
    is_cut: bool = False

    def dicts(self) -> list[dict[str, object]]:
        """Return the rows by column."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass
class Generation:
    """One published file as it was when it was opened. ``stamp`` tells it from others."""

    stamp: tuple[int, int, int]
    connection: duckdb.DuckDBPyConnection
    readers: int = 0
    # What was made of this file and holds as long as it does.
    cache: dict[object, object] = field(default_factory=dict)
    _answers: dict[object, Future[Answer]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def query(
        self, sql: str, variables: Mapping[str, Value] | None = None, most: int = MOST_ROWS
    ) -> Answer:
        """Answer SQL of this project with ``variables``, which it reads with `getvariable`.

        The first ``most`` rows are answered: few of many are found without all being sorted, and a
        query that works out much for each row limits itself to `most_rows`. What several readers
        ask at once is answered once, and short answers are kept for the next.

        Raises:
            TooSlow: it took longer than `SECONDS_A_QUERY`, or more memory than there is.
            NoFile: the file has no such table or column.
        """
        key = (sql, tuple(sorted((variables or {}).items())), most)
        with self._lock:
            answer, is_asked = self._answers.get(key), key in self._answers
            if answer is None:
                answer = self._answers[key] = Future()
        if not is_asked:
            try:
                answer.set_result(self._ask(sql, variables or {}, most))
            except BaseException as error:
                answer.set_exception(error)
            self._keep(key, answer)
        return answer.result()

    def _keep(self, key: object, answer: Future[Answer]) -> None:
        with self._lock:
            if answer.exception() or len(answer.result().rows) > _MOST_KEPT_ROWS:
                self._answers.pop(key, None)
            elif len(self._answers) > _MOST_KEPT:
                # The oldest: those of now are asked again.
                self._answers.pop(next(iter(self._answers)))

    def _ask(self, sql: str, variables: Mapping[str, Value], most: int) -> Answer:
        with self.connection.cursor() as cursor:
            cursor.execute("use published.marts")
            for name, value in {**variables, "most_rows": most + 1}.items():
                # Not bound: binding imports pandas, which takes longer than a page.
                cursor.execute(f"set variable {name} = {_literal(value)}")
            alarm = threading.Timer(SECONDS_A_QUERY, cursor.interrupt)
            alarm.start()
            try:
                cursor.execute(f"select * from ({sql}) limit {most + 1}")
                rows = cursor.fetchall()
            except duckdb.InterruptException as error:
                raise TooSlow(f"it took longer than {SECONDS_A_QUERY:.0f} s") from error
            except duckdb.OutOfMemoryException as error:
                raise TooSlow(f"it needed more than {_MEMORY} of memory") from error
            except (duckdb.CatalogException, duckdb.BinderException) as error:
                raise NoFile(
                    "the published file is of another version, and lacks what this page shows:"
                    " run claude-usage publish"
                ) from error
            finally:
                alarm.cancel()
            names = tuple(column[0] for column in cursor.description or ())
        return Answer(names, rows[:most], len(rows) > most)


def _literal(value: Value) -> str:
    if value is None:
        # Of the type that every choice has: without one it is a number.
        return "null::varchar"
    if isinstance(value, date):
        return f"date '{value.isoformat()}'"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, tuple):
        return f"[{', '.join(_literal(one) for one in value)}]::varchar[]"
    return "'" + value.replace("'", "''") + "'"


class Store:
    """Opens the newest generation of a file, and keeps one until its readers are done."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._newest: Generation | None = None
        self._at_once = threading.BoundedSemaphore(_AT_ONCE)

    @contextmanager
    def reading(self) -> Iterator[Generation]:
        """Yield the newest generation, the same for all that is read inside.

        Raises:
            NoFile: there is none.
            TooBusy: others read all the time.
        """
        if not self._at_once.acquire(timeout=_SECONDS_TO_WAIT):
            raise TooBusy
        try:
            generation = self._take()
            try:
                yield generation
            finally:
                self._give_back(generation)
        finally:
            self._at_once.release()

    def close(self) -> None:
        """Let go of the newest generation."""
        with self._lock:
            newest, self._newest = self._newest, None
        if newest is not None and newest.readers == 0:
            newest.connection.close()

    def _take(self) -> Generation:
        with self._lock:
            stamp = self._stamp()
            if self._newest is None or self._newest.stamp != stamp:
                older, self._newest = self._newest, Generation(stamp, self._open())
                if older is not None and older.readers == 0:
                    older.connection.close()
            self._newest.readers += 1
            return self._newest

    def _give_back(self, generation: Generation) -> None:
        with self._lock:
            generation.readers -= 1
            is_done = generation.readers == 0 and generation is not self._newest
        if is_done:
            generation.connection.close()

    def _stamp(self) -> tuple[int, int, int]:
        try:
            found = self.path.stat()
        except OSError as error:
            raise NoFile(
                f"{self.path} is not there: run claude-usage run, or claude-usage demo"
            ) from error
        return found.st_ino, found.st_mtime_ns, found.st_size

    def _open(self) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect(
            ":memory:",
            config={
                "threads": 2,
                "memory_limit": _MEMORY,
                # What does not fit lies there meanwhile, and not where the command was called.
                "temp_directory": str(Path(tempfile.gettempdir()) / f"claude-usage-{os.getpid()}"),
                "autoload_known_extensions": False,
            },
        )
        try:
            connection.execute(f"attach {_literal(str(self.path))} as published (read_only)")
            connection.execute("set enable_external_access = false")
            connection.execute("from published.marts.coverage_daily limit 0")
            connection.execute("from published.quality.checks limit 0")
        except duckdb.Error as error:
            connection.close()
            raise NoFile(f"{self.path} is no published file of this version: {error}") from error
        return connection
