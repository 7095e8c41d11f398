"""`claude-usage init`: ask for keys, try them, and write them to a private file."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import typer
from pydantic import ValidationError

from claude_usage.commands.doctor import print_finding
from claude_usage.console import complain, out, say
from ingestion.errors import ConfigurationError
from ingestion.private_files import FILE_MODE
from ingestion.secrets import remember
from ingestion.settings import Settings
from ingestion.sources import source_of


@dataclass(frozen=True)
class Question:
    """A variable and how it is asked for. A secret is not shown while it is typed."""

    variable: str
    text: str
    is_secret: bool = False


# By source; the first question of each is the one that can leave it out.
QUESTIONS = {
    "anthropic": (
        Question("ANTHROPIC_ADMIN_KEY", "Anthropic Admin or analytics key", is_secret=True),
    ),
    "github": (
        Question("GITHUB_TOKEN", "GitHub token", is_secret=True),
        Question("GITHUB_ORG", "GitHub organisation"),
        Question("GITHUB_REPOS", "Repositories beside it, as owner/name with commas"),
    ),
    "litellm": (
        Question("LITELLM_DATABASE_URL", "URL of a LiteLLM gateway's database", is_secret=True),
    ),
}


def init(path: Path) -> int:
    """Write answers to ``path`` once each source has answered; return the exit code.

    Raises:
        ConfigurationError: there is such a file already, or its folder is not there.
    """
    if path.exists():
        raise ConfigurationError(f"{path} is there already: edit it, or name another with --to")
    if not path.absolute().parent.is_dir():
        raise ConfigurationError(
            f"there is no folder {path.absolute().parent} to write {path.name}"
        )
    say("What is left empty is left out. Keys are asked for at their hosts before they are kept.")
    answers: dict[str, str] = {}
    for name in QUESTIONS:
        answers |= _asked(name)
    if not answers:
        complain("nothing was set, so nothing is written. Without an account: claude-usage demo")
        return 1
    _write(path, answers)
    out.print(f"written: {path}, for you alone to read. Next:", soft_wrap=True)
    file = shlex.quote(str(path) if "/" in str(path) else f"./{path}")
    for line in (f"set -a; . {file}; set +a", "claude-usage doctor", "claude-usage run"):
        out.print(f"  {line}", soft_wrap=True, markup=False)
    return 0


def _asked(name: str) -> dict[str, str]:
    """Return what a source was set to, asked again until it works; nothing where it is left out."""
    first, *others = QUESTIONS[name]
    while given := _answer(first):
        answers = {first.variable: given}
        answers |= {one.variable: text for one in others if (text := _answer(one))}
        if _works(name, answers):
            return answers
        say(f"Once more, or leave {first.text} empty to go on without.")
    return {}


def _answer(question: Question) -> str:
    given: str = typer.prompt(
        question.text, default="", show_default=False, hide_input=question.is_secret, err=True
    )
    if question.is_secret:
        remember(given.strip())
    return given.strip()


def _works(name: str, answers: Mapping[str, str]) -> bool:
    """Print what is seen of a source with these answers, and return whether nothing is wrong."""
    try:
        settings = Settings(**{variable.lower(): text for variable, text in answers.items()})  # type: ignore[arg-type]
    except ValidationError as error:
        for one in error.errors():
            complain(f"{str(one['loc'][0]).upper()}: {one['msg'].removeprefix('Value error, ')}")
        return False
    source = source_of(name)
    problems = [*source.faults(settings), *source.gaps(settings)]
    for variable, problem in problems:
        complain(f"{variable}: {problem}")
    if problems:
        return False
    is_well = True
    for finding in source.findings(settings):
        print_finding(finding)
        is_well = is_well and not finding.is_wrong
    return is_well


def _lines(answers: Mapping[str, str]) -> Iterator[str]:
    yield "# All variables: .env.example. Load with: set -a; . ./.env; set +a"
    for variable, text in answers.items():
        yield f"{variable}={shlex.quote(text)}"


def _write(path: Path, answers: Mapping[str, str]) -> None:
    # Not for a moment to be read by others, and never over a file that came meanwhile.
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    with os.fdopen(opened, "w", encoding="utf-8") as file:
        file.write("\n".join(_lines(answers)) + "\n")
