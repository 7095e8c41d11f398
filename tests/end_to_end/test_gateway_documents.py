"""What docs/sources/litellm.md shows is run: as a gateway's administrator, then as the pipeline."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import duckdb
import pytest

from demo_api import DemoServer
from ingestion.settings import Settings
from tests.end_to_end.conftest import Place
from tests.ingestion.litellm_gateway import Gateway, request

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "sources" / "litellm.md").read_text()
LINES = [
    line
    for block in re.findall(r"```sh\n(.*?)```", DOCUMENT, flags=re.DOTALL)
    for line in block.splitlines()
]


@pytest.mark.timeout(600)
def test_each_shown_command_works_in_the_order_shown(
    gateway: Gateway, tmp_path: Path, server: DemoServer
) -> None:
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    gateway.make()
    gateway.add(request("msg_1", f"{yesterday}T12:00:00"))
    gateway.add_daily_sums()
    place = Place(tmp_path, server)
    environment = _variables(gateway)

    for line in LINES:
        if line.startswith("psql "):
            _psql(line, gateway)
        elif line.startswith("claude-usage "):
            # Of the invented organisation nothing is asked.
            named = dict.fromkeys(server.environment, "") | environment
            finished = place.run(*shlex.split(line)[1:], **named)
            assert finished.returncode == 0, (line, finished.stdout, finished.stderr)
            said = finished.stdout + finished.stderr
            assert environment["IDENTITY_SALT"] not in said
            assert urlsplit(environment["LITELLM_DATABASE_URL"]).password not in said

    with duckdb.connect(str(place.published), read_only=True) as marts:
        told = marts.execute(
            "select usage_date, request_count, tag from marts.fct_gateway_usage_daily"
        ).fetchall()
    assert told == [(yesterday, 1, "cc-7")]


def _variables(gateway: Gateway) -> dict[str, str]:
    """Return what the document exports, with this server in the place of the one it names."""
    exported = dict(
        re.fullmatch(r"export (\w+)=(.+)", line).groups()  # type: ignore[union-attr]
        for line in LINES
        if line.startswith("export ")
    )
    assert list(exported) == ["LITELLM_DATABASE_URL", "IDENTITY_SALT", "LITELLM_TAG_NAMESPACE"]
    (url,) = shlex.split(exported["LITELLM_DATABASE_URL"])
    Settings(litellm_database_url=url)
    here = f"127.0.0.1:{gateway.server.port}/{gateway.database}"
    return {
        "LITELLM_DATABASE_URL": re.sub(r"@.*", f"@{here}", url),
        "IDENTITY_SALT": "0123456789abcdef0123456789abcdef",
        "LITELLM_TAG_NAMESPACE": exported["LITELLM_TAG_NAMESPACE"],
    }


def _psql(line: str, gateway: Gateway) -> None:
    owner = {"LITELLM_OWNER_URL": gateway.server.url(gateway.database)}
    finished = subprocess.run(
        ["bash", "-ec", line],
        cwd=ROOT,
        env=os.environ | owner,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, (line, finished.stderr)
