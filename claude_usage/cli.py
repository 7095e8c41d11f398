"""The `claude-usage` command. Heavy libraries are imported by the command that needs them."""

from __future__ import annotations

import gc
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from claude_usage import demo_settings
from claude_usage.console import complain, say
from claude_usage.disk import plain_words
from claude_usage.settings import SettingsError, checked, read
from exports.tables import Format as FileFormat
from ingestion.errors import IngestionError
from ingestion.private_files import keep_new_files_private
from ingestion.secrets import conceal
from ingestion.sources import SOURCES, source_of
from local_usage import By, LocalUsageError
from publishing import PublishError

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


SourceName = StrEnum("SourceName", [source.name for source in SOURCES])  # type: ignore[misc]


class Format(StrEnum):
    TABLE = "table"
    CSV = "csv"


class Output(StrEnum):
    TEXT = "text"
    JSON = "json"


class MetricsFormat(StrEnum):
    PROMETHEUS = "prometheus"
    DATADOG = "datadog"


class LocalFormat(StrEnum):
    TABLE = "table"
    CSV = "csv"
    JSON = "json"


Printed = Annotated[
    Output, typer.Option("--format", help="json: one document on standard output, for scripts.")
]
Demo = Annotated[bool, typer.Option("--demo", help="On what `claude-usage demo` has made.")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD")]


def _print_version(is_asked: bool) -> None:
    if is_asked:
        from importlib.metadata import version

        print(f"claude-usage {version('claude-usage')}")
        raise typer.Exit


@app.callback()
def main_options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print it.")
    ] = False,
) -> None:
    """Who spends what on Claude Code, on which model and in which workspace, and what ships."""


@app.command()
def init(
    to: Annotated[Path, typer.Option(help="The file to write.")] = Path(".env"),
) -> None:
    """Ask for keys, try each at its host, and write them to a file that only you can read."""
    from claude_usage.commands.init import init as ask_for_keys

    raise typer.Exit(ask_for_keys(to))


@app.command()
def run(
    start: Day = None,
    end: Day = None,
    source: Annotated[SourceName | None, typer.Option(help="Load only this source.")] = None,
    format_: Printed = Output.TEXT,
    demo: Demo = False,
) -> None:
    """Load, build, check and publish the days from --start to --end, both included.

    Without dates: whatever is missing up to yesterday. Days that are named are read again.
    """
    from claude_usage.commands.run import run as run_pipeline

    days = (start.date() if start else None, end.date() if end else None)
    chosen = source_of(source.value) if source else None
    with settings_of(demo, is_served=True):
        settings = checked(loads=[chosen] if chosen else SOURCES, writes=True)
        raise typer.Exit(run_pipeline(settings, *days, chosen, as_json=format_ is Output.JSON))


@app.command("demo")
def run_demo(
    folder: Annotated[
        Path, typer.Option(help="Where the demo keeps its warehouse and published file.")
    ] = demo_settings.FOLDER,
) -> None:
    """Run the whole pipeline for an invented organisation. Needs no account.

    Afterwards the other commands show it when called with --demo.
    """
    from claude_usage.commands.demo import demo

    raise typer.Exit(demo(folder))


@app.command()
def doctor(format_: Printed = Output.TEXT, demo: Demo = False) -> None:
    """Check all settings, and each credential and host with the cheapest call.

    Ends with 2 when a setting is wrong or nothing is set, 1 when a host refuses, else with 0.
    """
    from claude_usage.commands.doctor import doctor as run_doctor

    with settings_of(demo, is_served=True):
        checks = read(loads=SOURCES, writes=True)
        raise typer.Exit(run_doctor(*checks, as_json=format_ is Output.JSON))


@app.command()
def status(
    months: Annotated[int, typer.Option(min=1, help="How many months the calendar shows.")] = 3,
    format_: Printed = Output.TEXT,
    demo: Demo = False,
) -> None:
    """Show what is loaded, and a calendar of days: complete, revised, partial, missing, failed."""
    from claude_usage.commands.status import status as show_status

    with settings_of(demo):
        as_json = format_ is Output.JSON
        raise typer.Exit(show_status(checked(), months=months, as_json=as_json))


@app.command()
def query(
    metrics: Annotated[list[str] | None, typer.Argument(metavar="METRIC...")] = None,
    by: Annotated[str, typer.Option(help="Names with commas: team_name,metric_time__month")] = "",
    where: Annotated[str, typer.Option(help="A condition: \"team_name = 'Platform'\"")] = "",
    format_: Annotated[Format, typer.Option("--format", help="What to print.")] = Format.TABLE,
    listed: Annotated[
        bool, typer.Option("--list", help="List all metrics, or what METRIC... can be --by.")
    ] = False,
    demo: Demo = False,
) -> None:
    """Ask for metrics by name, grouped and filtered by dimensions."""
    with settings_of(demo):
        settings = checked()
        from claude_usage.commands.query import query as ask

        as_csv = format_ is Format.CSV
        raise typer.Exit(
            ask(settings, metrics or [], by=by, where=where, listed=listed, as_csv=as_csv)
        )


@app.command()
def export(
    table: Annotated[
        str | None, typer.Argument(help="A table; without one, all are listed.")
    ] = None,
    format_: Annotated[FileFormat, typer.Option("--format")] = FileFormat.CSV,
    where: Annotated[str, typer.Option(help="A condition: \"usage_date >= '2026-10-01'\"")] = "",
    columns: Annotated[str, typer.Option(help="Names with commas; all by default.")] = "",
    to: Annotated[
        str | None, typer.Option(help="A file, by default TABLE.FORMAT; - prints.")
    ] = None,
    demo: Demo = False,
) -> None:
    """Write a table of the published file for a spreadsheet, a notebook or another program."""
    with settings_of(demo):
        from claude_usage.commands.export import export as write_table

        code = write_table(checked(), table, kind=format_, where=where, columns=columns, to=to)
        raise typer.Exit(code)


@app.command()
def focus(
    start: Day = None,
    end: Day = None,
    version: Annotated[str, typer.Option("--version", help="1.2 or 1.4 of FOCUS.")] = "1.2",
    format_: Annotated[FileFormat, typer.Option("--format", help="parquet or csv.")] = (
        FileFormat.PARQUET
    ),
    to: Annotated[str | None, typer.Option(help="A file; - prints.")] = None,
    demo: Demo = False,
) -> None:
    """Write the bill as a FOCUS cost and usage dataset, from --start to --end, both included."""
    with settings_of(demo):
        from claude_usage.commands.export import focus as write_bill

        days = {"first": start.date() if start else None, "last": end.date() if end else None}
        raise typer.Exit(write_bill(checked(), version=version, kind=format_, to=to, **days))


@app.command()
def publish(
    anew: Annotated[bool, typer.Option("--anew", help="Also when nothing has changed.")] = False,
    format_: Printed = Output.TEXT,
    demo: Demo = False,
) -> None:
    """Build, check and publish what is stored, without loading anything.

    When nothing has changed since the last time, the published file stays, and the command says so.
    """
    from claude_usage.commands.run import publish as publish_marts

    with settings_of(demo):
        as_json = format_ is Output.JSON
        raise typer.Exit(publish_marts(checked(writes=True), anew=anew, as_json=as_json))


@app.command()
def forget(
    person: Annotated[str, typer.Argument(help="An address, GitHub login, person_key or name.")],
    dry_run: Annotated[bool, typer.Option(help="Only show what would be changed.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    demo: Demo = False,
) -> None:
    """Replace all that leads to a person, and keep their figures. This cannot be undone."""
    from claude_usage.commands.forget import forget as forget_person

    with settings_of(demo):
        raise typer.Exit(forget_person(checked(writes=True), person, dry_run=dry_run, yes=yes))


@app.command("otlp-serve")
def otlp_serve() -> None:
    """Receive Claude Code's telemetry (OTLP over HTTP), and keep counts and costs of it.

    On OTLP_HOST:OTLP_PORT, by default 127.0.0.1:4318, into the folder TELEMETRY_PATH.
    """
    from claude_usage.commands.otlp_serve import otlp_serve as serve

    raise typer.Exit(serve(checked()))


@app.command()
def dev(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 3000,
    demo: Demo = False,
) -> None:
    """Open the Dagster UI on loopback, with schedules and backfills.

    Of the demo, its APIs served again, with --demo or where there is a demo and nothing else.
    """
    from claude_usage.commands.dev import dev as open_ui

    demo = demo or _has_only_a_demo()
    with settings_of(demo, is_served=True):
        raise typer.Exit(open_ui(checked(writes=True), port, stays=demo))


@app.command()
def dashboard(
    port: Annotated[
        int | None, typer.Option(help="Port, by default DASHBOARD_PORT or 8600.")
    ] = None,
    demo: Demo = False,
) -> None:
    """Open the pages over the published file: cost, what ships with Claude, who uses it.

    Of the demo with --demo, or where there is a demo and nothing else.
    """
    from claude_usage.commands.dashboard import dashboard as open_pages

    with settings_of(demo or _has_only_a_demo(), is_served=False):
        raise typer.Exit(open_pages(port))


@app.command()
def metrics(
    format_: Annotated[
        MetricsFormat, typer.Option("--format", help="Gauges, or lines of Datadog's Custom Costs.")
    ] = MetricsFormat.PROMETHEUS,
    to: Annotated[Path | None, typer.Option(help="A file, replaced in one step.")] = None,
    start: Day = None,
    end: Day = None,
    push: Annotated[
        bool, typer.Option("--push", help="Send the gauges to METRICS_OTLP_ENDPOINT instead.")
    ] = False,
    demo: Demo = False,
) -> None:
    """Print gauges of the last 35 days for Prometheus, or the bill for Datadog.

    Of Datadog's lines the days from --start to --end, both included.
    """
    from claude_usage.commands.metrics import send, show

    with settings_of(demo):
        settings = checked()
        if push:
            raise typer.Exit(send(settings))
        days = (start.date() if start else None, end.date() if end else None)
        raise typer.Exit(show(settings, format_.value, to, *days))


alerts = typer.Typer(
    help="What alerts.yml has sent without being asked, and weekly digests.",
    no_args_is_help=True,
)
app.add_typer(alerts, name="alerts")


@alerts.command("preview")
def preview_alerts(demo: Demo = False) -> None:
    """Show what would be sent now, to whom, and what waits; send nothing."""
    from claude_usage.commands.alerts import preview

    with settings_of(demo):
        raise typer.Exit(preview(checked()))


@alerts.command("send")
def send_alerts(demo: Demo = False) -> None:
    """Send what is new, has grown or is resolved since it was told last.

    Ends with 1 where a route did not take it; the next call tries again.
    """
    from claude_usage.commands.alerts import send

    with settings_of(demo):
        raise typer.Exit(send(checked()))


@alerts.command("test")
def try_route(
    route: Annotated[str, typer.Argument(help="A route of alerts.yml.")], demo: Demo = False
) -> None:
    """Send one message over a route that says it is a test."""
    from claude_usage.commands.alerts import test

    with settings_of(demo):
        raise typer.Exit(test(checked(), route))


@alerts.command("digest")
def send_digest(
    team: Annotated[str | None, typer.Option(help="Only this team's digest.")] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Print it, send nothing.")] = False,
    demo: Demo = False,
) -> None:
    """Send the digests of the last whole week, once a week to each route."""
    from claude_usage.commands.alerts import digest

    with settings_of(demo):
        raise typer.Exit(digest(checked(), team, is_preview=preview))


local = typer.Typer(
    help="What the transcripts of Claude Code on this machine tell, and their export.",
    no_args_is_help=False,
)
app.add_typer(local, name="local")


@local.callback(invoke_without_command=True)
def show_local(
    context: typer.Context,
    since: Day = None,
    until: Day = None,
    by: Annotated[By | None, typer.Option(help="A row for each of these.")] = None,
    format_: Annotated[LocalFormat, typer.Option("--format")] = LocalFormat.TABLE,
    timezone: Annotated[
        str | None, typer.Option(help="Whose days and hours; by default this machine's.")
    ] = None,
) -> None:
    """Show tokens and list prices of Claude Code's use on this machine, read from its transcripts.

    Days from --since to --until, both included. Nothing leaves the machine.
    """
    if context.invoked_subcommand is not None:
        return
    from claude_usage.commands.local import show

    days = (since.date() if since else None, until.date() if until else None)
    raise typer.Exit(show(*days, by=by, format_=format_.value, time_zone=timezone))


@local.command("export")
def export_local(
    to: Annotated[str, typer.Option(help="A folder, or the http(s) address of a receiver.")],
    email: Annotated[
        str | None, typer.Option(help="Whose machine this is; by default LOCAL_EMAIL.")
    ] = None,
    anew: Annotated[bool, typer.Option("--all", help="Also what was sent there before.")] = False,
) -> None:
    """Hand on counts with salted hashes: no text, path or name leaves the machine."""
    from claude_usage.commands.local import export

    raise typer.Exit(export(to, email=email, anew=anew))


def _has_only_a_demo() -> bool:
    settings, faults = read()
    is_set_up = any(source.configured(settings) for source in SOURCES) or bool(faults)
    if is_set_up or settings.warehouse_path.exists():
        return False
    if not demo_settings.exist():
        say("no key is set, so nothing can be loaded yet: see .env.example, or claude-usage demo")
        return False
    say(
        f"no key is set: this is the demo in {demo_settings.FOLDER}. For your own organisation set"
        " the variables of .env.example"
    )
    return True


@contextmanager
def settings_of(demo: bool, *, is_served: bool = False) -> Iterator[None]:
    """Use the demo's settings if asked, its APIs served where the command needs them."""
    if not demo:
        yield
        return
    with demo_settings.applied(is_served=is_served):
        yield


def main() -> None:
    """Run the command; turn errors a user can mend into a line each and exit code 2."""
    keep_new_files_private()
    try:
        app()
    except SettingsError as error:
        for fault in error.faults:
            complain(str(fault))
        sys.exit(2)
    except (IngestionError, PublishError, LocalUsageError) as error:
        complain(str(error))
        sys.exit(2)
    except Exception as error:
        if (message := plain_words(error)) is not None:
            complain(message)
            sys.exit(2)
        # A mistake of ours: shown whole, without secrets.
        print(conceal(traceback.format_exc()), end="", file=sys.stderr)
        sys.exit(1)
    finally:
        # Or Python looks for reference cycles in all of it before it ends, which takes two seconds.
        gc.freeze()


if __name__ == "__main__":
    main()
