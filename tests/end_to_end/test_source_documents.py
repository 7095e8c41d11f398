"""What docs/sources tells to run for telemetry and transcripts is run: on a machine, then here."""

from __future__ import annotations

import json
import re
import shlex
import signal
import socket
import subprocess
import time
from pathlib import Path

import duckdb
import httpx
import pytest

from demo_api import DemoServer
from demo_api.machines import write_machines
from ingestion.local.load import load_local
from ingestion.settings import Settings
from tests.end_to_end.conftest import Place
from tests.telemetry_samples import SALT, logs, request

SOURCES = Path(__file__).parents[2] / "docs" / "sources"


def lines(name: str) -> list[str]:
    """Return the lines of all shown commands, those within a list too."""
    document = (SOURCES / name).read_text()
    blocks = re.findall(r"```sh\n(.*?)```", document, flags=re.DOTALL)
    return [line.strip() for block in blocks for line in block.splitlines() if line.strip()]


def exported(name: str) -> dict[str, str]:
    found = [shlex.split(line)[1:] for line in lines(name) if line.startswith("export ")]
    return dict(one.split("=", 1) for pairs in found for one in pairs)


def commands(name: str) -> list[list[str]]:
    return [shlex.split(line)[1:] for line in lines(name) if line.startswith("claude-usage ")]


@pytest.fixture
def place(tmp_path: Path, server: DemoServer) -> Place:
    return Place(tmp_path, server)


@pytest.mark.timeout(600)
def test_telemetry_is_received_and_published_as_shown(place: Place) -> None:
    shown = exported("telemetry.md")
    assert set(shown) == {"IDENTITY_SALT", "OTLP_TOKEN", "TELEMETRY_PATH", "OTLP_HOST"}
    serve, run = commands("telemetry.md")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    # This machine alone, and of the invented organisation nothing is asked.
    here = {"IDENTITY_SALT": SALT, "OTLP_TOKEN": "a-token-of-this-test", "OTLP_HOST": "127.0.0.1"}
    named = dict.fromkeys(place.server.environment, "") | shown | here | {"OTLP_PORT": str(port)}
    receiver = subprocess.Popen(
        place.command(*serve), env=place.environment(**named), cwd=place.folder
    )
    try:
        assert _send(port, "a-token-of-this-test") == 200
        assert _send(port, "another-token") == 401
    finally:
        receiver.send_signal(signal.SIGINT)
        receiver.wait(timeout=30)

    finished = place.run(*run, **named)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    with duckdb.connect(str(place.published), read_only=True) as marts:
        told = marts.execute(
            "select sum(request_count), sum(uncached_input_tokens)"
            " from marts.fct_telemetry_usage_daily"
        ).fetchall()
    assert told == [(1, 5)]


def _send(port: int, token: str) -> int:
    body = json.dumps(logs(request("req_1"), user__email="ada@example.org"))
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    for _ in range(300):
        try:
            url = f"http://127.0.0.1:{port}/v1/logs"
            return httpx.post(url, content=body, headers=headers, timeout=30).status_code
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("the receiver does not answer")


def test_transcripts_are_shown_and_handed_on_as_shown(place: Place) -> None:
    organisation = place.server.organisation
    write_machines(organisation.people, organisation.days, place.folder / "machines", seed=7)
    shown = exported("local.md")
    assert set(shown) == {"IDENTITY_SALT", "LOCAL_EMAIL", "LOCAL_BILLING_BASIS"}
    exports = place.folder / "exports"
    named = shown | {
        "IDENTITY_SALT": SALT,
        "HOME": str(place.folder),
        "CLAUDE_CONFIG_DIR": str(place.folder / "machines" / "0"),
        "LOCAL_FOLDER": str(place.folder / "state"),
    }
    told = commands("local.md")
    assert len(told) == 5
    for command in told:
        there = [str(exports) if one.startswith("/mnt/") else one for one in command]
        finished = place.run(*there, **named)
        assert finished.returncode == 0, (command, finished.stdout, finished.stderr)
        assert SALT not in finished.stdout + finished.stderr

    load_local(Settings(warehouse_path=place.warehouse, local_exports_path=exports), run_id="one")
    with duckdb.connect(str(place.warehouse), read_only=True) as raw:
        found = raw.execute(
            "select count(*) > 0, any_value(billing_basis), count(distinct billing_basis)"
            " from raw_local.responses"
        ).fetchall()
    assert found == [(True, shown["LOCAL_BILLING_BASIS"], 1)]
