"""A full build of a large organisation's tables, one more day on top, and readers' queries."""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb

from benchmarks import large_organisation
from benchmarks.large_organisation import Size
from benchmarks.measuring import Run, in_process
from publishing import declared_tables, publish

PROJECT = Path(__file__).parents[1] / "dbt_project"
QUERIES = Path(__file__).parents[1] / "docs" / "queries"
_SLOWEST = 10
_HEAVIEST = 8
_TIMES = 5


@dataclass(frozen=True)
class Build:
    """One `dbt build`: wall seconds, seconds of each node's thread, and peak memory in MB."""

    seconds: float
    nodes: dict[str, float]
    peak_megabytes: float

    def of(self, *kinds: str) -> float:
        """Return the thread seconds of nodes of some kinds."""
        return sum(took for name, took in self.nodes.items() if name.split(".")[0] in kinds)


@dataclass(frozen=True)
class Found:
    """What the steps took; ``queries`` are seconds by name, heaviest first."""

    rows: dict[str, int]
    full: Build
    daily: Build
    published: Run
    queries: dict[str, float]


def measure(folder: Path, *, people: int, days: int) -> Found:
    """Make the organisation, build, add a day, build, publish and query.

    The published file is left in ``folder``.
    """
    size = Size(people, days)
    path, seeds, target = _paths(folder)
    large_organisation.write_teams(seeds, size)
    in_process(_fill, path, size, 0, days)
    dbt(path, seeds, folder, "parse")
    full = build(path, seeds, folder)
    in_process(_fill, path, size, days, days + 1)
    daily = build(path, seeds, folder)
    published = in_process(_publish, path, target)
    path.unlink()
    return Found(_rows(target), full, daily, published, _query(target))


def published_file(folder: Path, *, people: int, days: int) -> Path:
    """Return the published file in ``folder``; where there is none it is made, without tests."""
    path, seeds, target = _paths(folder)
    if not target.exists():
        size = Size(people, days)
        large_organisation.write_teams(seeds, size)
        in_process(_fill, path, size, 0, days)
        without = ("--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")
        dbt(path, seeds, folder, "build", *without)
        in_process(_publish, path, target)
        path.unlink()
    return target


def _paths(folder: Path) -> tuple[Path, Path, Path]:
    return folder / "warehouse.duckdb", folder / "seeds", folder / "claude_usage.duckdb"


def _fill(path: Path, size: Size, first: int, end: int) -> dict[str, float]:
    large_organisation.fill(path, size, first, end)
    return {}


def build(warehouse: Path, seeds: Path, target: Path) -> Build:
    """Build and test all models as a run of the pipeline does, which has parsed them before.

    Raises:
        RuntimeError: dbt failed.
    """
    began = time.perf_counter()
    used = dbt(warehouse, seeds, target, "build", "--exclude-resource-type", "unit_test")
    seconds = time.perf_counter() - began
    results = json.loads((target / "run_results.json").read_text())["results"]
    nodes = {result["unique_id"]: result["execution_time"] for result in results}
    slowest = sorted(nodes.items(), key=lambda node: -node[1])[:_SLOWEST]
    print(f"dbt build: {seconds:.1f} s; slowest:", file=sys.stderr)
    for name, took in slowest:
        print(f"  {took:7.1f} s  {name}", file=sys.stderr)
    unit = 1 if sys.platform == "darwin" else 1024
    return Build(seconds, nodes, used.ru_maxrss * unit / 1024**2)


def dbt(warehouse: Path, seeds: Path, target: Path, *arguments: str) -> resource.struct_rusage:
    """Run dbt in a process of its own; return what that used.

    Raises:
        RuntimeError: dbt failed.
    """
    command = [sys.executable, "-m", "orchestration.dbt_command", *arguments, "--quiet"]
    command += ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    command += ["--target-path", str(target), "--log-path", str(target)]
    variables = {"WAREHOUSE_PATH": str(warehouse), "SEEDS_PATH": str(seeds)}
    with (target / "output").open("w") as output:
        running = subprocess.Popen(
            command, env={**os.environ, **variables}, stdout=output, stderr=output
        )
        # Of this child alone, where `getrusage` tells the highest of all children.
        _, status, used = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    if running.returncode:
        raise RuntimeError(f"dbt failed: {(target / 'output').read_text()[-3000:]}")
    return used


def _publish(warehouse: Path, target: Path) -> dict[str, float]:
    began = time.perf_counter()
    manifest = json.loads(target.with_name("manifest.json").read_text())
    publish(warehouse, target, declared=declared_tables(manifest))
    return {"publish": time.perf_counter() - began}


def _rows(published: Path) -> dict[str, int]:
    with duckdb.connect(str(published), read_only=True) as connection:
        counts = "select table_name, estimated_size from duckdb_tables()"
        return dict(connection.execute(counts).fetchall())


def _query(published: Path) -> dict[str, float]:
    """Return the median seconds of the heaviest of the documented queries.

    Results are taken in columns, as readers' drivers do: to make Python objects of 120,000 rows
    takes longer than to find and sort them.
    """
    found = {}
    with duckdb.connect(str(published), read_only=True) as connection:
        connection.execute("set enable_progress_bar = false")
        for file in sorted(QUERIES.glob("*.sql")):
            times = []
            for _ in range(_TIMES):
                began = time.perf_counter()
                connection.execute(file.read_text()).fetch_arrow_table()
                times.append(time.perf_counter() - began)
            found[file.stem] = statistics.median(times)
    heaviest = sorted(found.items(), key=lambda query: -query[1])[:_HEAVIEST]
    return dict(heaviest)
