"""What the user sees: one console for answers, one for progress and errors."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape

# Without a terminal, rich assumes 80 columns and breaks tables that a log or a pipe has room for.
_WIDTH = None if sys.stdout.isatty() else 120

out = Console(highlight=False, width=_WIDTH)
err = Console(stderr=True, highlight=False)


def complain(line: str) -> None:
    """Print one line about something that went wrong."""
    err.print(f"[bold red]failed[/] {escape(line)}", soft_wrap=True)


def say(line: str) -> None:
    """Print one line about what is going on."""
    err.print(escape(line), soft_wrap=True)


@contextmanager
def progress(title: str) -> Iterator[None]:
    """Show that ``title`` is going on, with the newest log line of ingestion beside it.

    On a terminal that is one moving line; elsewhere, such as in a log file, a line per window.
    """
    handler = _Lines(title)
    logger = logging.getLogger("ingestion")
    level = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    say(f"{title} …")
    try:
        if err.is_terminal:
            with err.status(escape(title)) as status:
                handler.update = lambda line: status.update(escape(f"{title}: {line}"))
                yield
        else:
            yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


class _Lines(logging.Handler):
    def __init__(self, title: str) -> None:
        super().__init__()
        self.title = title
        self.update: Callable[[str], None] = lambda line: say(f"  {line}")

    def emit(self, record: logging.LogRecord) -> None:
        # Errors are shown at the end, once each; here they would come once per window.
        if record.levelno == logging.WARNING:
            say(f"  {record.getMessage()}")
        elif record.levelno < logging.WARNING:
            self.update(record.getMessage())
