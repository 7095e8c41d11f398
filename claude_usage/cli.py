"""The `claude-usage` command. Heavy libraries are imported by the command that needs them."""

from __future__ import annotations

import gc
import sys
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from claude_usage.console import complain
from ingestion.errors import IngestionError
from ingestion.settings import Settings
from publishing import PublishError

app = typer.Typer(
    help="Who spends what on Claude Code, on which model and in which workspace, and what ships.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class Source(StrEnum):
    ANTHROPIC = "anthropic"
    GITHUB = "github"


class Format(StrEnum):
    TABLE = "table"
    CSV = "csv"


Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD")]


@app.command()
def run(
    start: Day = None,
    end: Day = None,
    source: Annotated[Source | None, typer.Option(help="Load only this source.")] = None,
) -> None:
    """Load, build, check and publish the days from --start to --end, both included.

    Without dates: whatever is missing up to yesterday. Days that are named are read again.
    """
    from claude_usage.commands.run import run as run_pipeline

    days = (start.date() if start else None, end.date() if end else None)
    raise typer.Exit(run_pipeline(Settings(), *days, source.value if source else None))


@app.command()
def demo(
    folder: Annotated[
        Path, typer.Option(help="Where the demo keeps its warehouse and published file.")
    ] = Path("data/demo"),
) -> None:
    """Run the whole pipeline for an invented organisation. Needs no account."""
    from claude_usage.commands.demo import demo as run_demo

    raise typer.Exit(run_demo(folder))


@app.command()
def doctor() -> None:
    """Check each credential and host with the cheapest call, and say what is wrong."""
    from claude_usage.commands.doctor import doctor as run_doctor

    raise typer.Exit(run_doctor(Settings()))


@app.command()
def status(
    months: Annotated[int, typer.Option(min=1, help="How many months the calendar shows.")] = 3,
) -> None:
    """Show what is loaded, and a calendar of days: complete, revised, partial, missing, failed."""
    from claude_usage.commands.status import status as show_status

    raise typer.Exit(show_status(Settings(), months=months))


@app.command()
def query(
    metrics: Annotated[list[str] | None, typer.Argument(metavar="METRIC...")] = None,
    by: Annotated[str, typer.Option(help="Names with commas: team_name,metric_time__month")] = "",
    where: Annotated[str, typer.Option(help="A condition: \"team_name = 'Platform'\"")] = "",
    format_: Annotated[Format, typer.Option("--format", help="What to print.")] = Format.TABLE,
    listed: Annotated[
        bool, typer.Option("--list", help="List all metrics, or what METRIC... can be --by.")
    ] = False,
) -> None:
    """Ask for metrics by name, grouped and filtered by dimensions."""
    from claude_usage.commands.query import query as ask

    as_csv = format_ is Format.CSV
    raise typer.Exit(
        ask(Settings(), metrics or [], by=by, where=where, listed=listed, as_csv=as_csv)
    )


@app.command()
def publish() -> None:
    """Build, check and publish what is stored, without loading anything."""
    from claude_usage.commands.run import publish as publish_marts

    raise typer.Exit(publish_marts(Settings()))


@app.command()
def forget(
    person: Annotated[str, typer.Argument(help="An address, GitHub login, person_key or name.")],
    dry_run: Annotated[bool, typer.Option(help="Only show what would be changed.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Replace all that leads to a person, and keep their figures. This cannot be undone."""
    from claude_usage.commands.forget import forget as forget_person

    raise typer.Exit(forget_person(Settings(), person, dry_run=dry_run, yes=yes))


@app.command()
def dev(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 3000,
) -> None:
    """Open the Dagster UI on loopback, with schedules and backfills."""
    from claude_usage.commands.dev import dev as open_ui

    open_ui(Settings(), port)


def main() -> None:
    """Run the command; turn errors a user can mend into one line and exit code 2."""
    try:
        app()
    except ValidationError as error:
        for one in error.errors():
            complain(f"{str(one['loc'][0]).upper()}: {one['msg']}")
        sys.exit(2)
    except (IngestionError, PublishError) as error:
        complain(str(error))
        sys.exit(2)
    finally:
        # Or Python looks for rings in all of it before it ends, which takes two seconds.
        gc.freeze()


if __name__ == "__main__":
    main()
