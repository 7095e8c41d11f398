"""The receiver over real HTTP: what was answered is on the disk, and nothing else is kept."""

from __future__ import annotations

import gzip
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.logs.v1.logs_pb2 import LogsData
from opentelemetry.proto.metrics.v1.metrics_pb2 import MetricsData
from pydantic import SecretStr

from ingestion.local.load import load_local
from ingestion.settings import Settings
from ingestion.telemetry.load import load_telemetry
from tests.source_samples import OTLP, needs
from tests.telemetry_samples import SALT, event, line, logs, metric, request

TOKEN = "a-token-of-these-tests"
JSON = {"Content-Type": "application/json"}
PROTOBUF = {"Content-Type": "application/x-protobuf"}


@dataclass
class Served:
    process: subprocess.Popen[str]
    url: str
    drop: Path

    def post(self, path: str, content: bytes, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.post(self.url + path, content=content, headers=JSON | named, timeout=30)


@contextmanager
def served(
    folder: Path, command: tuple[str, ...] = ("-m", "claude_usage", "otlp-serve"), **variables: str
) -> Iterator[Served]:
    """Run the command itself, on a free port."""
    drop = folder / "drop"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    given = {
        "PATH": os.environ["PATH"],
        "TELEMETRY_PATH": str(drop),
        "WAREHOUSE_PATH": str(folder / "warehouse.duckdb"),
        "PUBLISH_PATH": str(folder / "published.duckdb"),
        "IDENTITY_SALT": SALT,
        "OTLP_PORT": str(port),
    }
    process = subprocess.Popen(
        [sys.executable, *command],
        env=given | variables,
        stderr=subprocess.PIPE,
        text=True,
    )
    one = Served(process, f"http://127.0.0.1:{port}", drop)
    try:
        _until_it_answers(one)
        yield one
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


def _until_it_answers(one: Served) -> None:
    for _ in range(300):
        assert one.process.poll() is None, one.process.communicate()[1]
        try:
            httpx.get(one.url, timeout=5)
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("the receiver does not answer")


def loaded(folder: Path, query: str) -> list[tuple[Any, ...]]:
    """Load what lies in the folder, as the pipeline does, and ask the raw tables."""
    settings = Settings(
        telemetry_path=folder / "drop",
        warehouse_path=folder / "warehouse.duckdb",
        identity_salt=SecretStr(SALT),
    )
    assert load_telemetry(settings, run_id="one").failures == []
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        return connection.execute(query).fetchall()


REQUESTS = (
    "select request_id from raw_telemetry.events where event_name = 'api_request' order by all"
)


def test_every_encoding_is_the_same_record(tmp_path: Path) -> None:
    message, points = logs(request("r1")), metric("claude_code.commit.count", (0, 1, 1.0))
    body, counted = line(message), line(points)
    logs_data = ParseDict(message, LogsData()).SerializeToString()
    metrics_data = ParseDict(points, MetricsData()).SerializeToString()
    with served(tmp_path) as receiver:
        answers = [
            receiver.post("/v1/logs", body),
            receiver.post("/v1/logs", gzip.compress(body), content_encoding="gzip"),
            receiver.post("/v1/logs", logs_data, **PROTOBUF),
            receiver.post(
                "/v1/logs", gzip.compress(logs_data), **PROTOBUF, content_encoding="gzip"
            ),
            receiver.post("/v1/metrics", counted),
            receiver.post("/v1/metrics", metrics_data, **PROTOBUF),
        ]
        assert [one.status_code for one in answers] == [200] * 6
        assert [one.content for one in answers] == [b"{}", b"{}", b"", b"", b"{}", b""]
        # Before the file is closed as after.
        assert loaded(tmp_path, REQUESTS) == [("r1",)]
    assert not list(receiver.drop.glob("*.open"))
    assert loaded(tmp_path, REQUESTS) == [("r1",)]
    assert loaded(tmp_path, "select count(*) from raw_telemetry.events") == [(1,)]
    assert loaded(tmp_path, "select count(*) from raw_telemetry.points") == [(1,)]


@needs(OTLP)
def test_real_files_posted_are_what_the_files_are(tmp_path: Path) -> None:
    with served(tmp_path) as receiver:
        for path in sorted(OTLP.glob("*.json*")):
            kind = "metrics" if "metrics" in path.name else "logs"
            kind = "traces" if "traces" in path.name else kind
            if path.name == "expected.json":
                continue
            for body in path.read_bytes().splitlines():
                assert receiver.post(f"/v1/{kind}", body).status_code == 200
    sums = "select count(*), sum(cost_usd::decimal(24, 12))::varchar from raw_telemetry.events"
    where = " where event_name = 'api_request'"
    # The 18 of the logs and the one that came by gRPC.
    assert loaded(tmp_path, sums + where) == [(19, "0.166354500000")]
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for planted in (b"SCENARIO", b"/ho" + b"me/", b"notes.txt", b"ls -1", b"00dev01"):
        assert planted not in kept


@pytest.mark.parametrize(
    ("path", "content", "headers", "status"),
    [
        ("/v1/logs", b"{", {}, 400),
        ("/v1/logs", b"\xff\xff", PROTOBUF, 400),
        ("/v1/logs", b"no gzip", {"Content-Encoding": "gzip"}, 400),
        ("/v1/logs", gzip.compress(b"{}", mtime=0)[:-9], {"Content-Encoding": "gzip"}, 400),
        ("/v1/logs", b"{}", {"Content-Encoding": "br"}, 415),
        ("/v1/logs", b"{}", {"Content-Type": "text/plain"}, 415),
        ("/v1/logs", b" " * (1 << 20) + b"{}", {}, 413),
        (
            "/v1/logs",
            gzip.compress(b" " * (1 << 20) + b"{}", mtime=0),
            {"Content-Encoding": "gzip"},
            413,
        ),
        ("/v1/traces", b'{"resourceSpans": []}', {}, 200),
        ("/v1/nothing", b"{}", {}, 404),
    ],
)
def test_what_cannot_be_taken_is_refused(
    small: Served, path: str, content: bytes, headers: dict[str, str], status: int
) -> None:
    answer = httpx.post(small.url + path, content=content, headers=JSON | headers, timeout=30)
    assert answer.status_code == status
    assert small.post("/v1/logs", line(logs(request("r1")))).status_code == 200


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("small"), OTLP_MAX_MEGABYTES="1") as receiver:
        yield receiver


def test_a_token_is_asked_for(tmp_path: Path) -> None:
    body = line(logs(request("r1")))
    with served(tmp_path, OTLP_TOKEN=TOKEN) as receiver:
        for header in ("", TOKEN, "Bearer other", f"Basic {TOKEN}", "Bearer ü"):
            shown = {"Authorization": header.encode()} if header else {}
            answer = httpx.post(receiver.url + "/v1/logs", content=body, headers=JSON | shown)
            assert answer.status_code == 401
        assert not list(receiver.drop.iterdir())
        assert receiver.post("/v1/logs", body, authorization=f"Bearer {TOKEN}").status_code == 200


def test_other_machines_are_let_in_with_a_token_alone(tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "TELEMETRY_PATH": str(tmp_path),
        "OTLP_HOST": "0.0.0.0",
    }
    command = [sys.executable, "-m", "claude_usage", "otlp-serve"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 2
    assert "OTLP_TOKEN is not set" in ended.stderr


@pytest.mark.parametrize("seed", range(3))
def test_what_was_answered_outlives_a_kill(tmp_path: Path, seed: int) -> None:
    answered: list[str] = []
    with served(tmp_path) as receiver:
        stop = threading.Event()

        def send(sender: int) -> None:
            with httpx.Client(timeout=30) as client:
                for number in range(10_000):
                    name = f"r-{sender}-{number:05}"
                    body = line(logs(request(name), event("user_prompt", number)))
                    try:
                        answer = client.post(f"{receiver.url}/v1/logs", content=body, headers=JSON)
                    except httpx.TransportError:
                        return
                    if answer.status_code == 200:
                        answered.append(name)
                    if stop.is_set():
                        return

        senders = [threading.Thread(target=send, args=(one,)) for one in range(4)]
        for one in senders:
            one.start()
        time.sleep(0.5 + random.Random(seed).random())
        receiver.process.kill()
        stop.set()
        for one in senders:
            one.join()
    assert len(answered) > 10
    kept = {name for (name,) in loaded(tmp_path, REQUESTS)}
    assert kept >= set(answered)
    # The next receiver closes the file that was left open, and its rows are no others.
    with served(tmp_path):
        assert not list(receiver.drop.glob("*.open"))
    assert {name for (name,) in loaded(tmp_path, REQUESTS)} == kept


def test_a_full_receiver_asks_to_come_again(tmp_path: Path) -> None:
    with served(tmp_path, OTLP_MAX_MEGABYTES="22") as receiver:
        host, port = receiver.url.removeprefix("http://").split(":")
        slow = []
        # Messages that are announced and do not come take the room that they will need.
        for _ in range(3):
            connection = socket.create_connection((host, int(port)))
            head = f"POST /v1/logs HTTP/1.1\r\nHost: {host}\r\nContent-Length: {22 << 20}\r\n"
            connection.sendall(f"{head}Content-Type: application/json\r\n\r\n{{".encode())
            slow.append(connection)
        time.sleep(0.5)
        answer = receiver.post("/v1/logs", line(logs(request("r1"))))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        for connection in slow:
            connection.close()
        time.sleep(0.5)
        assert receiver.post("/v1/logs", line(logs(request("r1")))).status_code == 200


def test_what_cannot_be_written_is_not_answered(tmp_path: Path) -> None:
    body = line(logs(*(request(f"r{number}") for number in range(100))))
    # A file may have 100 kB, as on a disk that is full.
    limited = (
        "import resource, runpy, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "sys.argv = ['claude-usage', 'otlp-serve']\n"
        "runpy.run_module('claude_usage', run_name='__main__')"
    )
    with served(tmp_path, ("-c", limited)) as receiver:
        statuses = [receiver.post("/v1/logs", body).status_code for _ in range(6)]
    assert statuses[0] == 200
    assert statuses[-1] == 503
    taken = statuses.count(200)
    lines = b"".join(path.read_bytes() for path in receiver.drop.iterdir()).splitlines()
    assert len(lines) == 100 * taken
    assert all(json.loads(one) for one in lines)


ANSWER = {
    "type": "assistant",
    "sessionId": "5e1c724f-808a-4595-8844-bfedf0ea16e0",
    "timestamp": "2026-11-20T10:00:00.000Z",
    "version": "2.1.332",
    "cwd": "/srv/planted",
    "message": {
        "id": "msg_of_a_machine",
        "model": "claude-sonnet-4-5",
        "stop_reason": "end_turn",
        "content": [{"type": "text", "text": "PLANTED words"}],
        "usage": {
            "input_tokens": 5,
            "output_tokens": 80,
            "cache_read_input_tokens": 220,
            "cache_creation_input_tokens": 1500,
        },
    },
}


def test_exports_of_transcripts_arrive_and_are_loaded(tmp_path: Path) -> None:
    exports = tmp_path / "exports"
    exports.mkdir()
    projects = tmp_path / "home" / "projects" / "-srv-planted"
    projects.mkdir(parents=True)
    (projects / "a.jsonl").write_text(json.dumps(ANSWER) + "\n")
    machine = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "CLAUDE_CONFIG_DIR": str(tmp_path / "home"),
        "LOCAL_FOLDER": str(tmp_path / "cache"),
        "LOCAL_TOKEN": TOKEN,
        "IDENTITY_SALT": SALT,
    }
    with served(tmp_path, OTLP_TOKEN=TOKEN, LOCAL_EXPORTS_PATH=str(exports)) as one:
        command = (sys.executable, "-m", "claude_usage", "local", "export", "--to", one.url)
        subprocess.run(command, env=machine, check=True, capture_output=True)
        headers = {
            "Content-Type": "application/x-ndjson",
            "Authorization": f"Bearer {TOKEN}",
        }
        strange = json.dumps({"kind": "response", "prompt": "PLANTED", "skill": "PLANTED words"})
        sent = httpx.post(f"{one.url}/v1/local", content=strange.encode(), headers=headers)
        torn = httpx.post(f"{one.url}/v1/local", content=b'{"PLANTED', headers=headers)
        unknown = httpx.post(f"{one.url}/v1/local", content=strange.encode())

    assert (sent.status_code, torn.status_code, unknown.status_code) == (204, 400, 401)
    kept = [gzip.decompress(path.read_bytes()) for path in exports.iterdir()]
    assert len(kept) == 2
    assert not any(b"PLANTED" in text or b"planted" in text for text in kept)
    path = tmp_path / "w.duckdb"
    report = load_local(Settings(warehouse_path=path, local_exports_path=exports), run_id="one")
    assert report.failures == []
    with duckdb.connect(str(path)) as connection:
        rows = connection.execute(
            "select message_id, cache_creation_5m_tokens, output_tokens from raw_local.responses"
        ).fetchall()
    assert rows == [("msg_of_a_machine", 1500, 80)]


def test_exports_are_refused_where_no_folder_is_named(tmp_path: Path) -> None:
    with served(tmp_path) as one:
        answer = one.post("/v1/local", b"{}", Content_Type="application/x-ndjson")
    assert answer.status_code == 404
    assert "LOCAL_EXPORTS_PATH" in answer.text
