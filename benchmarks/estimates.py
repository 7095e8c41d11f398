"""How near the best estimate comes to what was really written with Claude, by the SQL of the marts.

python -m benchmarks estimates
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb
import jinja2
import numpy as np
import pyarrow as pa

from benchmarks.simulated_changes import Changes, Hidden, make

PROJECT = Path(__file__).parents[1] / "dbt_project"
MODELS = ("int_counted_changes_daily", "int_pull_requests_estimated")
SEED = 7

# Month by month, and of single changes without a mark.
JUDGED = """
with judged as (
    select
        date_trunc('month', created_at) as month,
        written,
        marked,
        claude_probability as estimate,
        attribution_estimated = 'with_claude' as is_with
    from int_pull_requests_estimated
    inner join stg_github__pull_requests using (repository_id, pull_request_number)
    inner join truth using (pull_request_number)
)

select
    list(error) as errors,
    list(marks_error) as marks_errors,
    sum(found) as found,
    sum(claimed) as claimed,
    sum(hidden) as hidden
from (
    select
        month,
        avg(estimate) - avg(cast(written as int)) as error,
        avg(cast(marked as int)) - avg(cast(written as int)) as marks_error,
        count(*) filter (is_with and written and not marked) as found,
        count(*) filter (is_with and not marked) as claimed,
        count(*) filter (written and not marked) as hidden
    from judged
    group by month
)
"""


@dataclass(frozen=True)
class Nearness:
    """Estimated less true share of pull requests with Claude, by month; of all organisations.

    ``precision`` and ``recall`` are of single pull requests without a mark that are estimated to be
    with Claude. ``within`` is the share of months whose error is at most three points.
    """

    months: int
    mean_error: float
    within: float
    marks_error: float
    precision: float
    recall: float


@cache
def _models() -> dict[str, str]:
    """Return the SQL of the models, reading tables of their inputs' names."""
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(PROJECT))
    macros = environment.get_template("macros/attribution/estimates.sql").module
    environment.globals |= {"ref": lambda name: name, "estimates": macros.estimates}  # type: ignore[attr-defined]
    found = {path.stem: path for path in (PROJECT / "models").rglob("int_*.sql")}
    return {
        name: environment.get_template(str(found[name].relative_to(PROJECT))).render()
        for name in MODELS
    }


def organisations(hidden: Hidden, *, count: int, seed: int) -> Iterable[Changes]:
    """Return so many organisations of a kind."""
    rng = np.random.default_rng(seed)
    return (make(hidden, rng) for _ in range(count))


def judge(changes: Iterable[Changes]) -> Nearness:
    """Estimate each organisation's pull requests and hold them against what was written."""
    errors: list[float] = []
    marks_errors: list[float] = []
    found = claimed = hidden = 0
    for one in changes:
        row = _judge_one(one)
        errors += row[0]
        marks_errors += row[1]
        found, claimed, hidden = found + row[2], claimed + row[3], hidden + row[4]
    return Nearness(
        months=len(errors),
        mean_error=float(np.mean(errors)),
        within=float(np.mean(np.abs(errors) <= 0.03)),
        marks_error=float(np.mean(marks_errors)),
        precision=found / claimed,
        recall=found / hidden,
    )


def _judge_one(changes: Changes) -> tuple[list[float], list[float], int, int, int]:
    numbers = changes.tables["stg_github__pull_requests"]["pull_request_number"]
    truth = pa.table(
        {"pull_request_number": numbers, "written": changes.written, "marked": changes.marked}
    )
    with duckdb.connect() as connection:
        for name, table in (changes.tables | {"truth": truth}).items():
            connection.register(name, table)
        for name, sql in _models().items():
            connection.execute(f"create table {name} as {sql}")
        row = connection.execute(JUDGED).fetchone()
    assert row is not None
    return row
