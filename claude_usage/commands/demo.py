"""`claude-usage demo`: the real pipeline against an invented organisation's servers."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb
from rich.table import Table

from claude_usage.commands.run import run
from claude_usage.console import out, say
from demo_api import DemoServer
from demo_api.teams import write_seeds
from ingestion.settings import Settings


def demo(folder: Path) -> int:
    """Start the demo servers, run the pipeline over HTTP, show what the marts say.

    Begins from nothing each time: files that an earlier demo left in ``folder`` are removed, and
    nothing else in it.
    """
    began = time.monotonic()
    published = folder / "claude_usage.duckdb"
    _clear(folder)
    with DemoServer() as server:
        first, last = server.organisation.first_day, server.organisation.last_day
        say(f"demo servers of both APIs at {server.url}, {first} to {last}")
        variables = {
            **server.environment,
            "WAREHOUSE_PATH": str(folder / "warehouse.duckdb"),
            "PUBLISH_PATH": str(published),
            "SEEDS_PATH": str(write_seeds(server.organisation.people, folder / "seeds")),
            "PRIVACY_LEVEL": "named",
            "DAGSTER_HOME": str((folder / "dagster").resolve()),
        }
        with _environment(variables):
            code = run(Settings(), first, last, None)
    if published.exists():
        _show(published, first, last, time.monotonic() - began)
    return code


def _clear(folder: Path) -> None:
    for name in ("warehouse.duckdb", "warehouse.duckdb.wal", "claude_usage.duckdb"):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "dagster", ignore_errors=True)


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Put the demo's settings in the place of the user's for the time of the demo."""
    before = dict(os.environ)
    # A list of the user's own repositories is none of the demo's.
    for name in ("GITHUB_REPOS", "GITHUB_GRAPHQL_URL"):
        os.environ.pop(name, None)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


FIGURES = """
with
costs as (select sum(billed_cost_usd) as billed_usd from marts.fct_billed_costs_daily),

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
        count(*) filter (claude_attribution = 'with_claude') as with_claude,
        count(*) filter (claude_attribution = 'without_claude') as without_claude,
        count(*) filter (claude_attribution = 'undetermined') as undetermined,
    from marts.fct_pull_requests
    where merged_at >= $first and merged_at < $last + interval 1 day
)

select * from costs, estimates, people, decisions, pull_requests
"""


def _show(published: Path, first: date, last: date, seconds: float) -> None:
    with duckdb.connect(str(published), read_only=True) as connection:
        row = connection.execute(FIGURES, {"first": first, "last": last}).fetchone()
    assert row is not None
    billed, estimated, people, sessions, accepted, decisions, *merged = row
    with_claude, without, undetermined = merged
    table = Table(title=f"{first} to {last}", title_justify="left", show_header=False)
    for name, value in (
        ("Billed, all of the API", f"${billed:,.2f}"),
        ("  of which Claude Code (estimate)", f"${estimated:,.2f}"),
        ("People active in Claude Code", f"{people:,}"),
        ("Sessions", f"{sessions:,}"),
        ("Suggestions accepted", f"{100 * accepted / decisions:.1f} %" if decisions else "–"),
        ("Merged pull requests with Claude", f"{with_claude:,}"),
        ("  without evidence of Claude", f"{without:,}"),
        ("  undetermined", f"{undetermined:,}"),
    ):
        table.add_row(name, value)
    out.print(table)
    folder, command = published.parent, _shown(Path(sys.argv[0]))
    out.print(f"{seconds:.0f} s from servers to published file. Next:")
    for line in (
        f"open {published} read-only in any DuckDB client: the tables are in schema marts",
        f"see these runs: DAGSTER_HOME={(folder / 'dagster').resolve()} {command} dev",
        f"use your own accounts: set the variables of .env.example, then {command} doctor",
    ):
        out.print(f"  - {line}", soft_wrap=True)


def _shown(path: Path) -> str:
    """Return how to call this command from the current folder."""
    if path.name == "__main__.py":
        return f"{Path(sys.executable).name} -m claude_usage"
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
