"""The settings of the demo: left in a file by `claude-usage demo`, used by others with `--demo`."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from dotenv import dotenv_values

from claude_usage.console import say
from claude_usage.settings import NAMES
from ingestion.errors import ConfigurationError

FOLDER = Path("data/demo")
FILE_NAME = ".env"
_PLAIN = re.compile(r"[\w./:@%+=,-]*")


def write(folder: Path, variables: Mapping[str, str]) -> None:
    """Write the demo's variables into its folder; a shell can read them too."""
    path = folder / FILE_NAME
    path.unlink(missing_ok=True)
    # Made with its mode: nobody else can have opened it before.
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write("# The demo's own settings: no secret is in them. Read with --demo.\n")
        file.writelines(f"{name}={_quoted(value)}\n" for name, value in variables.items())


def exist() -> bool:
    """Return whether a demo has left its settings where `--demo` looks for them."""
    return (FOLDER / FILE_NAME).is_file()


@contextmanager
def applied(*, is_served: bool) -> Iterator[None]:
    """Put the demo's settings in the place of the user's; serve its APIs meanwhile, if asked.

    The demo's world is made of a seed, so it is the one that was loaded, on whatever port.

    Raises:
        ConfigurationError: there was no demo.
    """
    if not exist():
        raise ConfigurationError(
            f"there is no demo in {FOLDER}: run claude-usage demo first, in this folder"
        )
    variables = {
        name: value or ""
        for name, value in dotenv_values(FOLDER / FILE_NAME, interpolate=False).items()
    }
    if not is_served:
        with in_place_of_users(variables):
            yield
        return
    from demo_api import DemoServer

    with (
        DemoServer() as server,
        in_place_of_users(variables | server.environment | server.gateway_environment),
    ):
        say(f"demo servers of all APIs at {server.url}")
        yield


@contextmanager
def in_place_of_users(variables: Mapping[str, str]) -> Iterator[None]:
    """Take all settings of the user away for a while: none of them is the demo's."""
    before = dict(os.environ)
    for name in NAMES:
        os.environ.pop(name, None)
        os.environ.pop(name.lower(), None)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _quoted(value: str) -> str:
    if _PLAIN.fullmatch(value):
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
