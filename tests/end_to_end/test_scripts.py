"""What scripts get of the command, and the set-up by questions."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

from demo_api import DemoServer
from tests.end_to_end.conftest import Place

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "commands.md").read_text()
WRONG_KEY = "-".join(("sk", "ant", "admin01", "wrong"))


def document(place: Place, *arguments: str, code: int = 0, **overrides: str) -> dict[str, Any]:
    finished = place.run(*arguments, "--format", "json", **overrides)
    assert finished.returncode == code, finished.stderr
    found: dict[str, Any] = json.loads(finished.stdout)
    return found


def documented(command: str) -> set[str]:
    """Return the names that the page gives to parts of a command's document."""
    (row,) = re.findall(rf"^\| .*`{command}`.*? \| (.*) \|$", PAGE, flags=re.MULTILINE)
    return set(re.findall(r"`(\w+)`", row))


def test_doctor_answers_scripts(tmp_path: Path, server: DemoServer) -> None:
    place = Place(tmp_path, server)
    well = document(place, "doctor")
    refused = document(place, "doctor", code=1, ANTHROPIC_ADMIN_KEY=WRONG_KEY)
    unset = document(place, "doctor", code=2, GITHUB_REPOS="no-slash")

    assert [one["exit_code"] for one in (well, refused, unset)] == [0, 1, 2]
    assert {one["result"] for one in well["checks"]} <= {"ok", "unset", "hint"}
    wrong = [one["details"] for one in refused["checks"] if one["result"] == "wrong"]
    assert any("HTTP 401" in text for text in wrong)
    assert WRONG_KEY not in json.dumps(refused)
    assert documented("doctor") >= {*well, "result", "details", "ok", "unset", "hint", "wrong"}


def test_status_and_publish_answer_scripts(demo: tuple[Place, str], tmp_path: Path) -> None:
    place, _ = demo
    found = document(place, "status")
    assert documented("status") == set(found)
    assert found["failures"] == []
    assert [one["state"] for one in found["days"] if one["family"] == "cost"].count(
        "complete"
    ) == 90
    assert sum(one["commits"] for one in found["repositories"]) > 1_000
    (cost,) = (one for one in found["endpoints"] if one["endpoint"] == "analytics_cost")
    assert cost["windows"] == {"complete": 90}
    assert cost["first_day"] == "2026-08-03T00:00:00+00:00"

    nothing = Place(tmp_path, place.server)
    assert document(nothing, "status")["is_loaded"] is False
    assert document(nothing, "publish", code=1)["result"] == "not_published"


def test_what_cannot_begin_leaves_standard_output_empty(tmp_path: Path, server: DemoServer) -> None:
    finished = Place(tmp_path, server).run("run", "--end", "2026-10-01", "--format", "json")
    assert (finished.returncode, finished.stdout) == (2, "")


def test_it_says_its_version_and_how_a_shell_completes_it(
    tmp_path: Path, server: DemoServer
) -> None:
    place = Place(tmp_path, server)
    assert re.fullmatch(r"claude-usage \d+\.\d+\.\d+\S*\n", place.run("--version").stdout)
    # It is asked by a shell, which it finds among the processes that began it.
    asked = f"{shlex.join(place.command('--show-completion'))}; true"
    shown = subprocess.run(
        ["bash", "-c", asked],
        env=place.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "complete -o default" in shown.stdout


def asked(place: Place, *answers: str, **overrides: str) -> subprocess.CompletedProcess[str]:
    """Run `init`, with the answers as if they were typed."""
    unset = {"ANTHROPIC_ADMIN_KEY": "", "GITHUB_TOKEN": "", "GITHUB_ORG": ""}
    return subprocess.run(
        place.command("init"),
        env=place.environment(**{**unset, "ANTHROPIC_ANALYTICS_KEY": "", **overrides}),
        cwd=place.folder,
        input="\n".join((*answers, "")),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        # Away from the terminal, from which keys would be read.
        start_new_session=True,
    )


def test_keys_are_tried_before_they_are_written(tmp_path: Path, server: DemoServer) -> None:
    place = Place(tmp_path, server)
    organisation = server.environment["GITHUB_ORG"]
    finished = asked(place, WRONG_KEY, server.admin_key, server.github_token, organisation, "", "")

    assert finished.returncode == 0, finished.stderr
    said = finished.stdout + finished.stderr
    assert "HTTP 401" in said
    assert not [key for key in (WRONG_KEY, server.admin_key, server.github_token) if key in said]
    file = tmp_path / ".env"
    assert file.stat().st_mode & 0o777 == 0o600
    written = dict(
        line.split("=", 1) for line in file.read_text().splitlines() if not line.startswith("#")
    )
    assert {name: shlex.split(text)[0] for name, text in written.items()} == {
        "ANTHROPIC_ADMIN_KEY": server.admin_key,
        "GITHUB_TOKEN": server.github_token,
        "GITHUB_ORG": organisation,
    }

    again = asked(place)
    assert again.returncode == 2
    assert "is there already" in again.stderr


def test_without_an_answer_nothing_is_written(tmp_path: Path, server: DemoServer) -> None:
    finished = asked(Place(tmp_path, server), "", "", "")
    assert finished.returncode == 1
    assert "claude-usage demo" in finished.stderr
    assert not (tmp_path / ".env").exists()
