"""Servers that answer what no server should, without end, or not at all.

A row of `ANSWERS` is what the server sends in answer to one day of three (bytes, or a function that
writes to the connection) and what must be said of that day. Whatever it is, the day fails alone
and within seconds: the days before and after are stored.

A row of `UNREACHABLE` is a base URL that leads nowhere, as a function of the test's fixtures, and
what must be said: once, in the same words for all windows, after few tries.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import gzip
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from ingestion import bounds, http
from ingestion.anthropic.load import load_anthropic
from ingestion.http import RetryPolicy
from ingestion.loading import LoadReport
from ingestion.settings import Settings
from tests.attacks.raw_server import PAGE, RawServer, closed_port, whole
from tests.ingestion.ingestion_bench import CLAUDE_CODE, DAYS, assert_names

KEY = "-".join(("larkfield", "master", "key", "0001"))
QUICK = RetryPolicy(attempts=4, first_wait=0.01, longest_wait=0.02, longest_limit_wait=0.05)
# Whole runs of Python compete for the machine in other tests: of what goes on without end, far
# less than it would take.
SECONDS = 30.0
ATTACKED = "2026-10-21"
DEEP = b"[" * 200_000 + b"]" * 200_000
OK = b"HTTP/1.1 200 OK\r\nrequest-id: req_raw\r\n"
ZEROS = b"\0" * 20_000_000
ESCAPES = b"\x1b[2J\x1b]0;owned\x07\xe2\x80\xae\x9b31mred\x08\x00"


def limited(*headers: bytes) -> bytes:
    error = b'{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}'
    return whole(error, *headers, status=b"429 Too Many Requests")


def refused(body: bytes, *headers: bytes) -> bytes:
    return whole(body, *headers, status=b"403 Forbidden")


def for_ever(head: bytes, piece: bytes, *, pause: float = 0.0) -> Callable[[socket.socket], None]:
    """Return an answer that sends ``head`` and then ``piece`` again and again."""

    def send(connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(piece)
            time.sleep(pause)

    return send


CHUNKED = OK + b"transfer-encoding: chunked\r\n\r\n"
CHUNK = b"10000\r\n" + b" " * 65_536 + b"\r\n"
ANSWERS = [
    # Deeper than any reader of JSON goes.
    pytest.param(whole(DEEP), ("HTTP 200", "req_raw"), id="brackets"),
    pytest.param(whole(b'{"data":' + DEEP + b"}"), ("nested deeper", "req_raw"), id="deep data"),
    pytest.param(
        whole(DEEP, status=b"500 Oops"), ("HTTP 500", "application/json"), id="deep error"
    ),
    pytest.param(refused(b'{"error":' + DEEP + b"}"), ("HTTP 403",), id="deep refusal"),
    pytest.param(
        refused(b'{"error":{"message":' + b"[" * 900 + b"]" * 900 + b"}}"),
        ("HTTP 403", "error:"),
        id="a message that is no text",
    ),
    # Hints of when to come again that are none.
    *(
        pytest.param(limited(b"retry-after: " + hint), ("HTTP 429", "slow down"), id=f"after {n}")
        for n, hint in {
            "squared": "²".encode(),
            "inf": b"inf",
            "nan": b"nan",
            "exponent": b"1e400",
            "negative": b"-5",
            "digits": b"9" * 5_000,
            "year 99999": b"Fri, 31 Dec 99999 23:59:59 GMT",
            "year 1": b"Mon, 01 Jan 0001 00:00:00 +2359",
            "no bytes of UTF-8": b"\xff\xfe",
            "empty": b"",
        }.items()
    ),
    *(
        pytest.param(
            limited(b"anthropic-ratelimit-requests-reset: " + hint), ("HTTP 429",), id=f"reset {n}"
        )
        for n, hint in {
            "soon": b"soon",
            "the last day": b"9999-12-31T23:59:59-23:59",
            "the first day": b"0001-01-01T00:00:00+23:59",
            "digits": b"9" * 5_000,
        }.items()
    ),
    pytest.param(
        limited(b"retry-after: 99999999"), ("HTTP 429", "asks to wait 99999999 s"), id="for years"
    ),
    # Without end.
    pytest.param(
        for_ever(CHUNKED, b"1\r\n \r\n", pause=0.1), ("no whole answer within 2 s",), id="slow"
    ),
    pytest.param(for_ever(b"", b"H", pause=0.1), ("no whole answer within 2 s",), id="slow head"),
    pytest.param(for_ever(CHUNKED, CHUNK), ("HTTP 200", "longer than 10,000,000 bytes"), id="long"),
    pytest.param(
        for_ever(b"HTTP/1.1 500 Oops\r\nrequest-id: req_raw\r\n\r\n", b" " * 65_536),
        ("HTTP 500", "longer than 10,000,000 bytes", "req_raw"),
        id="a long error",
    ),
    pytest.param(
        for_ever(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000, pause=0.01),
        ("no whole answer within 2 s",),
        id="informed for ever",
    ),
    pytest.param(
        for_ever(OK, b"x-more: %s\r\n" % (b"y" * 1_000)),
        ("headers are longer than 102,400 bytes",),
        id="headers",
    ),
    pytest.param(
        whole(gzip.compress(ZEROS), b"content-encoding: gzip"),
        ("HTTP 200", "longer than 10,000,000 bytes", "req_raw"),
        id="gzip bomb",
    ),
    *(
        pytest.param(
            whole(packed, b"content-encoding: " + name),
            ("HTTP 200", f"packed as '{name.decode()}'"),
            id=f"packed as {name.decode()}",
        )
        for name, packed in {
            b"gzip, gzip": gzip.compress(gzip.compress(ZEROS)),
            b"br": b"\x0b\x02\x80",
            b"zstd": b"\x28\xb5\x2f\xfd",
            b"deflate": b"x\x9c",
        }.items()
    ),
    pytest.param(
        whole(gzip.compress(PAGE)[:-9], b"content-encoding: gzip"),
        ("no whole answer (DecodingError)",),
        id="torn gzip",
    ),
    # No HTTP.
    *(
        pytest.param(answer, ("no whole answer", "RemoteProtocolError"), id=name)
        for name, answer in {
            "nothing": b"",
            "ssh": b"SSH-2.0-OpenSSH_9.6\r\n",
            "status 99": b"HTTP/1.1 99 Low\r\n\r\n",
            "status of letters": b"HTTP/1.1 abc OK\r\n\r\n",
            "length squared": OK + "content-length: ²\r\n\r\n".encode(),
            "length below zero": OK + b"content-length: -1\r\n\r\n",
            "length of digits": OK + b"content-length: " + b"9" * 5_000 + b"\r\n\r\n",
            "two lengths": OK + b"content-length: 1\r\ncontent-length: 2\r\n\r\n{}",
            "chunk of no size": CHUNKED + b"xyz\r\n",
            "zero byte in a name": OK + b"x\0y: 1\r\n\r\n",
        }.items()
    ),
    *(
        pytest.param(
            whole(b"", b"location: " + to, status=b"302 Found"), ("HTTP 302", "redirect"), id=name
        )
        for name, to in {
            "redirect to no address": b"http://[",
            "redirect to bytes": b"//\xff\xfe:99999999/",
            "redirect to a name that is none": b"http://" + b"a." * 5_000,
        }.items()
    ),
    # Character sets that are none, or that unpack.
    *(
        pytest.param(
            refused(b"x" * 100, b"content-type: text/plain; charset=" + name),
            ("HTTP 403",),
            id=f"charset {name.decode()}",
        )
        for name in (b"hex", b"zip", b"undefined", b"idna", b"rot13")
    ),
    # Orders to the terminal.
    pytest.param(
        refused(b'{"message":"' + ESCAPES + b'gone"}'), ("HTTP 403",), id="escapes in a body"
    ),
    pytest.param(
        refused(b'{"message":"\\u001b[2J\\u202egone\\u0000"}'), ("403: gone",), id="escapes in JSON"
    ),
    pytest.param(
        refused(b"{}", b"request-id: req\x9b31m_1" + b"x" * 500),
        ("HTTP 403", "(request id req31m_1xxx"),
        id="escapes in the request id",
    ),
    pytest.param(
        refused(b"no JSON", b"content-type: " + b"\x9b31mred"), ("HTTP 403",), id="kind of answer"
    ),
]


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., Settings]:
    def make(url: str, **overrides: Any) -> Settings:
        paths = {"warehouse_path": tmp_path / "w.duckdb", "publish_path": tmp_path / "p.duckdb"}
        return Settings(anthropic_admin_key=KEY, anthropic_base_url=url, **paths, **overrides)

    return make


def load(settings: Settings) -> LoadReport:
    return load_anthropic(
        settings,
        run_id="run",
        report_days={CLAUDE_CODE: DAYS},
        directories=False,
        retry=QUICK,
    )


@pytest.mark.parametrize(("attack", "said"), ANSWERS)
def test_a_day_that_is_answered_so_fails_alone(
    settings: Callable[..., Settings],
    monkeypatch: pytest.MonkeyPatch,
    attack: bytes | Callable[[socket.socket], None],
    said: tuple[str, ...],
) -> None:
    monkeypatch.setattr(http, "LONGEST_REQUEST_SECONDS", 2.0)
    monkeypatch.setattr(bounds, "LONGEST_ANSWER_BYTES", 10_000_000)

    def answer(connection: socket.socket, asked: str) -> None:
        if ATTACKED not in asked:
            connection.sendall(whole(PAGE))
        elif isinstance(attack, bytes):
            connection.sendall(attack)
        else:
            attack(connection)

    began = time.monotonic()
    with RawServer(answer) as server:
        report = load(settings(server.url))

    assert time.monotonic() - began < SECONDS
    assert report.loaded[CLAUDE_CODE].windows == 2
    (failure,) = report.failures
    assert_names(failure.error, f"{CLAUDE_CODE} [{ATTACKED}]", *said)
    assert failure.error.isprintable()
    assert len(failure.error) < 1_000


def test_a_wait_beside_an_error_of_the_server_is_bounded(
    settings: Callable[..., Settings], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    error = whole(b"{}", b"retry-after: 3600", status=b"503 Busy")
    with RawServer(lambda connection, _: connection.sendall(error)) as server:
        report = load(settings(server.url))
    assert {failure.window_key for failure in report.failures} == {str(day) for day in DAYS}
    waits = [r.getMessage() for r in caplog.records if "failed, waiting" in r.getMessage()]
    assert waits
    assert all("waiting 0.1 s" in line for line in waits)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def refuses(stack: ExitStack, _: pytest.MonkeyPatch) -> str:
    return stack.enter_context(closed_port())


def speaks_no_tls(stack: ExitStack, _: pytest.MonkeyPatch) -> str:
    listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

    def answer() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listening.accept()
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                connection.close()

    threading.Thread(target=answer, daemon=True).start()
    return f"https://127.0.0.1:{listening.getsockname()[1]}"


def is_not_trusted(stack: ExitStack, _: pytest.MonkeyPatch) -> str:
    listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_own_certificate(Path(os.environ["TMPDIR"])))

    def answer() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listening.accept()
                with contextlib.suppress(OSError):
                    context.wrap_socket(connection, server_side=True).close()

    threading.Thread(target=answer, daemon=True).start()
    return f"https://127.0.0.1:{listening.getsockname()[1]}"


def _own_certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = folder / "own.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    return path


def has_no_name(_: ExitStack, __: pytest.MonkeyPatch) -> str:
    return "https://no-such-host.invalid"


def cannot_be_a_name(_: ExitStack, __: pytest.MonkeyPatch) -> str:
    return "https://" + "a" * 64 + "..invalid"


def proxy_is_away(stack: ExitStack, monkeypatch: pytest.MonkeyPatch) -> str:
    proxy = stack.enter_context(closed_port())
    monkeypatch.setenv("HTTPS_PROXY", proxy.replace("//", "//someone:proxy-pass-word@"))
    return "https://api.invalid"


def proxy_refuses(stack: ExitStack, monkeypatch: pytest.MonkeyPatch) -> str:
    denied = b"HTTP/1.1 403 \x1b[31mproxy-pass-word\r\ncontent-length: 0\r\n\r\n"
    server = stack.enter_context(RawServer(lambda connection, _: connection.sendall(denied)))
    monkeypatch.setenv("HTTPS_PROXY", server.url.replace("//", "//someone:proxy-pass-word@"))
    return "https://api.invalid"


UNREACHABLE = [
    pytest.param(refuses, "it refuses the connection", id="refused"),
    pytest.param(speaks_no_tls, "no TLS connection could be made", id="no TLS"),
    pytest.param(is_not_trusted, "its certificate is not trusted", id="own certificate"),
    pytest.param(has_no_name, "its name is not known", id="no name"),
    pytest.param(cannot_be_a_name, "its name", id="impossible name"),
    pytest.param(proxy_is_away, "through the proxy http://127.0.0.1", id="proxy away"),
    pytest.param(proxy_refuses, "the proxy does not lead there", id="proxy refuses"),
]


@pytest.mark.parametrize(("leads_nowhere", "said"), UNREACHABLE)
def test_a_host_that_cannot_be_reached_is_told_once_and_soon(
    settings: Callable[..., Settings],
    monkeypatch: pytest.MonkeyPatch,
    stack: ExitStack,
    leads_nowhere: Callable[[ExitStack, pytest.MonkeyPatch], str],
    said: str,
) -> None:
    url = leads_nowhere(stack, monkeypatch)
    began = time.monotonic()
    patient = RetryPolicy(attempts=12, first_wait=0.05)
    report = load_anthropic(
        settings(url),
        run_id="run",
        report_days=dict.fromkeys((CLAUDE_CODE, "cost_report", "usage_report_messages"), DAYS),
        retry=patient,
    )
    assert time.monotonic() - began < SECONDS
    # Endpoints are asked side by side, and none of them for long.
    assert report.request_count <= len(report.failed_tables()) * patient.attempts_to_reach
    assert len(report.failures) > 2 * len(DAYS)
    (line,) = {failure.error for failure in report.failures}
    assert_names(line, url, "ANTHROPIC_BASE_URL", said, "Nothing was reached")
    assert "proxy-pass-word" not in line
    assert line.isprintable()


def test_a_host_that_was_reached_and_drops_is_waited_for(
    settings: Callable[..., Settings],
) -> None:
    servers: list[RawServer] = []

    def answer(connection: socket.socket, _: str) -> None:
        servers[0].close()
        connection.sendall(whole(PAGE))

    with RawServer(answer) as server:
        servers.append(server)
        report = load_anthropic(
            settings(server.url),
            run_id="run",
            report_days={CLAUDE_CODE: DAYS[:2]},
            directories=False,
            retry=QUICK,
        )
    assert report.request_count == 1 + QUICK.attempts
    (failure,) = report.failures
    assert_names(failure.error, server.url, "it refuses the connection")
    assert report.loaded[CLAUDE_CODE].windows == 1


@pytest.mark.parametrize("command", ["run --start 2026-10-01 --end 2026-10-31", "doctor"])
def test_the_command_says_in_one_line_that_a_host_cannot_be_reached(
    tmp_path: Path, command: str
) -> None:
    with closed_port() as anthropic, closed_port() as github:
        finished = subprocess.run(
            [sys.executable, "-m", "claude_usage", *command.split()],
            env={
                **os.environ,
                "ANTHROPIC_ADMIN_KEY": KEY,
                "ANTHROPIC_ANALYTICS_KEY": "-".join(("sk", "ant", "api01", KEY)),
                "ANTHROPIC_BASE_URL": anthropic,
                "GITHUB_TOKEN": KEY,
                "GITHUB_ORG": "larkfield",
                "GITHUB_API_URL": github,
                "WAREHOUSE_PATH": str(tmp_path / "w.duckdb"),
                "PUBLISH_PATH": str(tmp_path / "p.duckdb"),
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
        )
    assert finished.returncode == 1
    lines = (finished.stdout + finished.stderr).splitlines()
    for url, setting in ((anthropic, "ANTHROPIC_BASE_URL"), (github, "GITHUB_API_URL")):
        (line,) = [line for line in lines if f"{url} ({setting}) cannot be reached" in line]
        assert line.startswith(("failed", "wrong"))
    assert "Traceback" not in finished.stderr
    assert KEY not in finished.stdout + finished.stderr
