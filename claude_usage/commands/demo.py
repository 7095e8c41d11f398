"""`claude-usage demo`: the real pipeline against an invented organisation's servers."""

from __future__ import annotations

import shutil
import sys
import time
from datetime import date
from pathlib import Path

import duckdb
from rich.table import Table

from claude_usage.commands.run import run
from claude_usage.console import out, say
from claude_usage.demo_machines import export_machines
from claude_usage.demo_settings import FILE_NAME, FOLDER, in_place_of_users, write
from claude_usage.settings import checked
from demo_api import DemoServer
from demo_api.salt import SALT
from demo_api.teams import write_seeds
from demo_api.telemetry import write_telemetry
from ingestion.sources import SOURCES


def demo(folder: Path) -> int:
    """Start the demo servers, run the pipeline over HTTP, show what the marts say.

    Begins from nothing each time: files that an earlier demo left in ``folder`` are removed, and
    nothing else in it.
    """
    began = time.monotonic()
    published = folder / "claude_usage.duckdb"
    with DemoServer() as server:
        first, last = server.organisation.first_day, server.organisation.last_day
        variables = {
            **server.environment,
            **server.gateway_environment,
            "WAREHOUSE_PATH": str((folder / "warehouse.duckdb").absolute()),
            "PUBLISH_PATH": str(published.absolute()),
            "SEEDS_PATH": str((folder / "seeds").absolute()),
            "PRIVACY_LEVEL": "named",
            "TELEMETRY_PATH": str((folder / "telemetry").absolute()),
            "IDENTITY_SALT": SALT,
            "LOCAL_EXPORTS_PATH": str((folder / "machines" / "exports").absolute()),
            "DAGSTER_HOME": str((folder / "dagster").absolute()),
        }
        with in_place_of_users(variables):
            _begin_anew(folder, server)
            settings = checked(loads=SOURCES, writes=True)
            write(folder, variables)
            say(f"demo servers of all APIs at {server.url}, {first} to {last}")
            code = run(settings, first, last, None)
    if published.exists():
        _show(published, first, last)
        _say_what_is_next(folder, time.monotonic() - began)
    return code


def _begin_anew(folder: Path, server: DemoServer) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("warehouse.duckdb", "warehouse.duckdb.wal", "claude_usage.duckdb"):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "dagster", ignore_errors=True)
    shutil.rmtree(folder / "telemetry", ignore_errors=True)
    write_seeds(server.organisation.people, folder / "seeds")
    write_telemetry(server.organisation, folder / "telemetry")
    export_machines(server.organisation, folder / "machines", SALT)


FIGURES = """
with
costs as (
    select
        sum(billed_cost_usd) as billed_usd,
        sum(billed_cost_usd) filter (product = 'claude_code') as billed_for_claude_code_usd,
    from marts.fct_billed_costs_daily
),

estimates as (
    select sum(estimated_cost_usd) as estimated_usd from marts.fct_claude_code_model_usage_daily
),

people as (
    select
        count(distinct activity.person_key) as active_people,
        sum(activity.session_count) as sessions,
    from marts.fct_claude_code_activity_daily as activity
    inner join marts.dim_people as people using (person_key)
    where people.person_kind = 'member'
),

decisions as (
    select
        sum(accepted_count) as accepted,
        sum(accepted_count + rejected_count) as decisions,
    from marts.fct_claude_code_tool_actions_daily
),

pull_requests as (
    select
        count(*) as merged,
        count(*) filter (claude_attribution = 'with_claude') as at_least,
        sum(claude_probability) as estimated,
        count(*) filter (attribution_liberal = 'with_claude') as at_most,
    from marts.fct_pull_requests
    where merged_at >= $first and merged_at < $last + interval 1 day
)

select * from costs, estimates, people, decisions, pull_requests
"""


def _show(published: Path, first: date, last: date) -> None:
    with duckdb.connect(str(published), read_only=True) as connection:
        row = connection.execute(FIGURES, {"first": first, "last": last}).fetchone()
    assert row is not None
    billed, for_claude_code, estimated, people, sessions, accepted, decisions, *changes = row
    merged, at_least, expected, at_most = changes
    table = Table(title=f"{first} to {last}", title_justify="left", show_header=False)
    for name, value in (
        ("Billed, all of the API", f"${billed:,.2f}"),
        ("  of which for Claude Code", f"${for_claude_code:,.2f}"),
        ("Claude Code's estimate, subscriptions too", f"${estimated:,.2f}"),
        ("Members active in Claude Code", f"{people:,}"),
        ("  their sessions", f"{sessions:,}"),
        ("Suggestions accepted", f"{100 * accepted / decisions:.1f} %" if decisions else "–"),
        ("Merged pull requests", f"{merged:,}"),
        ("  with Claude at least, by evidence", f"{at_least:,}"),
        ("  with Claude, best estimate", f"{expected:,.0f}"),
        ("  with Claude at most", f"{at_most:,}"),
    ):
        table.add_row(name, value)
    out.print(table)


def _say_what_is_next(folder: Path, seconds: float) -> None:
    out.print(f"{seconds:.0f} s from servers to published file. Next:")
    command = _shown(Path(sys.argv[0]))
    read = (
        ""
        if folder.absolute() == FOLDER.absolute()
        else f"set -a; . {folder / FILE_NAME}; set +a; "
    )
    demo = "" if read else " --demo"
    dev = f"{command} dev{demo}, or make dev" if demo else f"{read}{command} dev"
    for line in (
        f"the tables: schema marts of {folder / 'claude_usage.duckdb'}, in any DuckDB client",
        f"a question: {read}{command} query{demo} allocated_cost_usd --by team_name",
        f"what is loaded: {read}{command} status{demo}",
        f"these runs in the Dagster UI: {dev}",
        f"your own accounts: set the variables of .env.example, then {command} doctor",
        f"the figures as pages: {read}{command} dashboard{demo}, or make dashboard",
    ):
        out.print(f"  - {line}", soft_wrap=True, markup=False)


def _shown(path: Path) -> str:
    """Return how to call this command from the current folder."""
    if path.name == "__main__.py":
        return f"{Path(sys.executable).name} -m claude_usage"
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
