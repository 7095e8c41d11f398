"""What leaves for other tools, as the documents show it, of the demo's published file."""

from __future__ import annotations

import re
import shlex
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from tests.end_to_end.conftest import Place

PAGE = (Path(__file__).parents[2] / "docs" / "exports.md").read_text()
SHOWN = [
    shlex.split(line)[1:]
    for block in re.findall(r"```sh\n(.*?)```", PAGE, flags=re.DOTALL)
    for line in block.splitlines()
    if re.match(r"claude-usage (export|focus)\b", line)
]


@pytest.fixture
def place(demo: tuple[Place, str], tmp_path: Path) -> Place:
    """A folder of its own, with the demo's published file."""
    (tmp_path / "claude_usage.duckdb").symlink_to(demo[0].published.resolve())
    return Place(tmp_path, demo[0].server)


def test_each_shown_command_writes_what_it_says(place: Place) -> None:
    for command in SHOWN:
        finished = place.run(*command)
        assert finished.returncode == 0, (command, finished.stderr)
        assert bool(finished.stdout) == (command[-1] == "-" or len(command) == 1), command
    written = {path.name for path in place.folder.iterdir() if path.is_file()}
    assert written >= {"october.csv", "person_costs_monthly.xlsx", "focus-1.2.parquet", "bill.csv"}

    with duckdb.connect(str(place.published), read_only=True) as connection:
        ((billed,),) = connection.execute(
            "select sum(billed_cost_usd) from marts.fct_billed_costs_daily"
            " where usage_date between '2026-10-01' and '2026-10-31'"
        ).fetchall()
    focus = pq.read_table(place.folder / "focus-1.2.parquet")
    assert sum(focus["BilledCost"].to_pylist()) == billed > Decimal(1000)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("export", "fct_bills"), "Near to it: fct_billed_costs_daily"),
        (("export", "dim_people", "--where", "1 = 1; drop table x"), "takes one condition"),
        (
            ("export", "dim_people", "--where", "person_key in (select 'a')"),
            "no query inside it",
        ),
        (("export", "dim_people", "--where", "name = 'x'"), "there is no column name"),
        (("export", "dim_models", "--columns", "x"), "there is no column x"),
        (("export", "dim_dates", "--where", "calendar_date = 'soon'"), "cannot be answered"),
        (("export", "dim_models", "--where", "regexp_matches(model, '(')"), "cannot be answered"),
        (("export", "dim_models", "--to", "none/a.csv"), "there is no folder"),
        (("focus", "--version", "1.0"), "1.2, 1.4"),
        (("focus", "--start", "2030-01-01"), "nothing is billed"),
    ],
)
def test_what_cannot_be_written_is_said_in_a_line(
    place: Place, arguments: tuple[str, ...], problem: str
) -> None:
    finished = place.run(*arguments)

    assert finished.returncode == 2
    assert problem in finished.stderr
    assert len(finished.stderr.strip().splitlines()) == 1
