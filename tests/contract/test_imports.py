"""Who may import whom, read from the source: docs/decisions/0001-architecture.md."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = {
    "alerts",
    "attribution",
    "dashboard",
    "ingestion",
    "data_quality",
    "publishing",
    "orchestration",
    "claude_usage",
    "demo_api",
    "estimates",
    "exports",
    "local_usage",
}
DAGSTER = {"dagster", "dagster_dbt", "dagster_webserver", "dagster_shared"}
DBT = {"dbt", "dbt_common", "dbt_adapters"}
GREAT_EXPECTATIONS = {"great_expectations"}

# Of our rooms, those that a room may know beside itself.
KNOWN_ROOMS = {
    # What needs attention, charts and definitions are the dashboard's.
    "alerts": {"dashboard"},
    "attribution": set(),
    # The published file alone, and its gauges for a scrape.
    "dashboard": {"exports"},
    # The published file alone.
    "exports": set(),
    "ingestion": set(),
    # What there is to check: the registers of sources and reports.
    "data_quality": {"ingestion"},
    "publishing": set(),
    "demo_api": set(),
    # dbt's Python models call it.
    "estimates": set(),
    # How addresses are hashed, which machines and the pipeline must do alike.
    "local_usage": {"ingestion"},
    "orchestration": {"alerts", "data_quality", "exports", "ingestion", "publishing"},
    "claude_usage": ROOMS,
}
UNKNOWN_LIBRARIES = {
    "alerts": DAGSTER | DBT | GREAT_EXPECTATIONS | {"dlt", "pandas"},
    "attribution": DAGSTER | GREAT_EXPECTATIONS | {"httpx", "dlt"},
    "dashboard": DAGSTER | DBT | GREAT_EXPECTATIONS | {"dlt", "httpx", "pandas"},
    "ingestion": DAGSTER | DBT | GREAT_EXPECTATIONS,
    "data_quality": DAGSTER | DBT | {"dlt"},
    "publishing": DAGSTER | DBT | GREAT_EXPECTATIONS | {"dlt"},
    "demo_api": DAGSTER | DBT | GREAT_EXPECTATIONS | {"dlt", "duckdb"},
    "estimates": DAGSTER | DBT | GREAT_EXPECTATIONS | {"dlt", "duckdb", "httpx"},
    "exports": DAGSTER | DBT | GREAT_EXPECTATIONS | {"dlt"},
    "local_usage": DAGSTER | DBT | GREAT_EXPECTATIONS | {"dlt", "pydantic_settings"},
    # Wiring only: HTTP and SQL are other rooms' work.
    "orchestration": {"httpx", "duckdb", "dlt"} | GREAT_EXPECTATIONS,
    "claude_usage": DBT | GREAT_EXPECTATIONS | {"httpx", "dlt"},
}


def imports(room: str) -> dict[str, set[str]]:
    """Return the files that import a top-level package, by its name; imports in functions too."""
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [one.name for one in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path}: imports are absolute here"
                names = [node.module or ""]
            for name in names:
                found.setdefault(name.split(".")[0], set()).add(str(path.relative_to(ROOT)))
    return found


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_a_room_imports_only_the_rooms_below_it(room: str) -> None:
    found = imports(room)

    wrong = {name: found[name] for name in found.keys() & ROOMS - KNOWN_ROOMS[room] - {room}}

    assert found
    assert wrong == {}


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_a_room_imports_no_library_of_another_room(room: str) -> None:
    found = imports(room)

    assert {name: found[name] for name in found.keys() & UNKNOWN_LIBRARIES[room]} == {}


def test_publishing_needs_nothing_but_duckdb() -> None:
    assert imports("publishing").keys() <= {*sys.stdlib_module_names, "publishing", "duckdb"}


@pytest.mark.parametrize("room", sorted(ROOMS - {"ingestion"}))
def test_only_ingestion_reads_settings_from_the_environment(room: str) -> None:
    # Not settings of ours: what other programs are told, and where Dagster keeps its history.
    told = {"DAGSTER_HOME", "GX_ANALYTICS_ENABLED", "WAREHOUSE_PATH"}
    for path in (ROOT / room).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
                is_told = isinstance(node.slice, ast.Name) or ast.literal_eval(node.slice) in told
                assert is_told, f"{path.name}:{node.lineno}"
            assert not (isinstance(node, ast.Call) and ast.unparse(node.func) == "os.getenv")


def test_local_usage_knows_of_ingestion_only_how_addresses_are_hashed() -> None:
    known = {
        node.module
        for path in (ROOT / "local_usage").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ingestion")
    }

    assert known == {"ingestion.hashing"}
