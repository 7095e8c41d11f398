"""What the user sees: one console for answers, one for progress and errors."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import date
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.segment import Segment
from rich.text import Text

from ingestion.secrets import conceal, printable

# Without a terminal, rich assumes 80 columns and breaks tables that a log or a pipe has room for.
_WIDTH = None if sys.stdout.isatty() else 120


class SafeConsole(Console):
    """Prints names and messages from outside as text: no secret, and no order to the terminal."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterator[Segment]:
        for text, style, control in super().render(renderable, options):
            # Orders of rich itself are marked as such.
            yield Segment(text if control else printable(conceal(text)), style, control)


out = SafeConsole(highlight=False, width=_WIDTH)
err = SafeConsole(stderr=True, highlight=False)


def complain(line: str) -> None:
    """Print one line about something that went wrong."""
    err.print(f"[bold red]failed[/] {escape(_one_line(line))}", soft_wrap=True)


def say(line: str) -> None:
    """Print one line about what is going on."""
    err.print(escape(_one_line(line)), soft_wrap=True)


def print_json(document: object) -> None:
    """Print one JSON document for a script, without secrets; days and times as ISO 8601."""
    # Each text by itself: what JSON escapes would not be known for a secret.
    texts = json.loads(json.dumps(document, default=_as_text), object_hook=_concealed)
    print(json.dumps(texts, indent=2))


def _as_text(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _concealed(one: dict[str, Any]) -> dict[str, Any]:
    return {
        name: [conceal(each) if isinstance(each, str) else each for each in value]
        if isinstance(value, list)
        else conceal(value)
        if isinstance(value, str)
        else value
        for name, value in one.items()
    }


def _one_line(text: str) -> str:
    # Before it is wrapped to the width of the terminal, which could split a secret in two.
    return conceal(" ".join(text.splitlines()))


@contextmanager
def progress(title: str) -> Iterator[None]:
    """Show that ``title`` is going on.

    On a terminal that is a bar for each table that is being loaded, as far as it is known how many
    windows it has, and the newest log line of ingestion; elsewhere, such as in a log file, a line
    per window.
    """
    logger = logging.getLogger("ingestion")
    level = logger.level
    # How far a table is comes as debug records: for bars, not for a log file.
    logger.setLevel(logging.DEBUG if err.is_terminal else logging.INFO)
    say(f"{title} …")
    with _bars(title) if err.is_terminal else nullcontext(_Lines()) as handler:
        logger.addHandler(handler)
        try:
            yield
        finally:
            logger.removeHandler(handler)
            logger.setLevel(level)


class _Lines(logging.Handler):
    """Prints a line per window; each warning; no error."""

    def emit(self, record: logging.LogRecord) -> None:
        # Errors are shown at the end, once each; here they would come once per window.
        if record.levelno == logging.WARNING:
            say(f"  {record.getMessage()}")
        elif record.levelno < logging.WARNING:
            self.update(record)

    def update(self, record: logging.LogRecord) -> None:
        say(f"  {record.getMessage()}")


class _Bars(_Lines):
    """Moves a bar for each table; records say how far it is as `done` and `total`."""

    def __init__(self, bars: Progress, line: TaskID) -> None:
        super().__init__()
        self._bars, self._line = bars, line
        self._by_table: dict[str, TaskID] = {}

    def update(self, record: logging.LogRecord) -> None:
        table, done, total = (getattr(record, name, None) for name in ("table", "done", "total"))
        if table is None:
            self._bars.update(self._line, message=escape(record.getMessage()))
            return
        if table not in self._by_table:
            self._by_table[table] = self._bars.add_task(table, message="")
        self._bars.update(self._by_table[table], completed=done, total=total)


class _Counted(MofNCompleteColumn):
    """How many of how many, where that is known."""

    def render(self, task: Task) -> Text:
        return Text() if task.total is None else super().render(task)


@contextmanager
def _bars(title: str) -> Iterator[_Bars]:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        _Counted(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[message]}", style="dim"),
    )
    # Gone at the end: `status` shows what was loaded, the command what failed.
    # What runs meanwhile prints into the log file, and must go on doing so.
    with Progress(
        *columns, console=err, transient=True, redirect_stdout=False, redirect_stderr=False
    ) as bars:
        yield _Bars(bars, bars.add_task(escape(title), total=None, message=""))
