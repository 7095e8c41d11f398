"""What the README shows is run: each command in order, each query on the demo's published file."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import duckdb
import pytest

from demo_api import DemoServer
from tests.end_to_end.conftest import Place

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def commands(program: str) -> list[list[str]]:
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    return [shlex.split(line)[1:] for line in lines if line.startswith(f"{program} ")]


@pytest.mark.timeout(600)
def test_each_shown_command_works_in_the_order_shown(tmp_path: Path, server: DemoServer) -> None:
    place = Place(tmp_path, server)
    assert [command[0] for command in commands("claude-usage")] == [
        "doctor", "run", "status", "run", "query", "query",
    ]  # fmt: skip
    for command in commands("claude-usage"):
        finished = place.run(*command)
        assert finished.returncode == 0, (command, finished.stderr)
        said = finished.stdout + finished.stderr
        assert server.admin_key not in said
        assert server.github_token not in said

    with duckdb.connect(str(place.published), read_only=True) as marts:
        for query in blocks("sql"):
            assert marts.execute(query).fetchall(), query
        complete = marts.execute(
            "select count(*), min(window_key) from marts.data_completeness"
            " where endpoint = 'analytics_cost' and is_complete"
        ).fetchone()
    assert complete is not None
    assert complete[0] >= 90
    assert complete[1] == "2026-08-03"
    _assert_nothing_is_missing(place)


def _assert_nothing_is_missing(place: Place) -> None:
    finished = place.run("status")
    assert finished.returncode == 0, finished.stderr
    assert "No day is missing from 2026-08-03" in finished.stdout
    assert "usage_report_claude_code" in finished.stdout


@pytest.mark.parametrize("target", sorted(set(re.findall(r"`make (\w+)`", README))))
def test_each_shown_make_target_exists(target: str) -> None:
    finished = subprocess.run(
        ["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr


def test_the_table_of_marts_is_that_of_the_project() -> None:
    section = README.split("| Table | One row per |")[1].split("Every column")[0]
    shown = set(re.findall(r"`(\w+)`", section))
    folders = [ROOT / "dbt_project" / "models" / layer for layer in ("core", "marts")]
    models = {path.stem for folder in folders for path in folder.rglob("*.sql")}
    assert shown == {name for name in models if not name.startswith("int_")}


def test_each_variable_of_telemetry_is_in_the_example_file() -> None:
    example = (ROOT / ".env.example").read_text()
    told = (ROOT / "docs" / "sources" / "telemetry.md").read_text()
    named = set(re.findall(r"`((?:OTLP|TELEMETRY|IDENTITY)_[A-Z_]+)`", told))
    assert len(named) == 9
    assert all(re.search(rf"^{name}=", example, flags=re.MULTILINE) for name in named)


def test_each_variable_the_readme_names_is_in_the_example_file() -> None:
    example = (ROOT / ".env.example").read_text()
    named = set(re.findall(r"`((?:ANTHROPIC|GITHUB|LITELLM|WAREHOUSE|PUBLISH)_[A-Z_]+)`", README))
    assert named
    assert all(re.search(rf"^{name}=", example, flags=re.MULTILINE) for name in named)
