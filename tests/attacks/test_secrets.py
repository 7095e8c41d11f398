"""Servers that repeat a secret which they were sent, in whatever form, wherever text is taken from.

A row of `PLACES` is where in an answer the key stands, with the fault that puts it there, and whose
key that is. The first is tried in each of `FORMS`, the others in two of them. A load over HTTP is
made, and all that it leaves is searched for the key: what it returns, prints and logs, each column
of each raw table, and the bytes of every file. `<secret>` must be there instead, so that the row is
known to have struck.

A row of `SECRETS` is a setting and what of it must not be shown.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from demo_api import DemoServer, Fault
from ingestion.errors import Request, RequestError
from ingestion.secrets import conceal, identifier, mask, printable, remember
from ingestion.settings import Settings, named_secrets
from tests.ingestion.ingestion_bench import CLAUDE_CODE, Bench

# Of no form that any pattern knows: they are found by their value alone.
ADMIN_KEY = "Larkfield/master+key.0001"
TOKEN = "larkfield-token-of-no-known-form"
DAY = date(2026, 10, 21)

FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in capitals": str.upper,
    "in the other case": str.swapcase,
    "backwards": lambda key: key[::-1],
    "percent-encoded": lambda key: quote(key, safe=""),
    "all percent-encoded": lambda key: "".join(f"%{byte:02X}" for byte in key.encode()),
    "base64": lambda key: base64.b64encode(key.encode()).decode(),
    "base64 of a login": lambda key: base64.b64encode(f"someone:{key}".encode()).decode(),
    "base64 for URLs": lambda key: base64.urlsafe_b64encode(f"x{key}".encode()).decode(),
    "hexadecimal": lambda key: key.encode().hex(),
    "slashes escaped": lambda key: key.replace("/", "\\/"),
    "cut off": lambda key: key[:-5],
    "coloured": lambda key: f"{key[:9]}\x1b[31m{key[9:]}",
    "with a bell in it": lambda key: f"{key[:9]}\a{key[9:]}",
    "with zero width": lambda key: f"{key[:9]}\u200b{key[9:]}",
}


def anthropic(**told: Any) -> Fault:
    return Fault(path_contains="claude_code", times=None, **{"status": 403, **told})


def github(**told: Any) -> Fault:
    return Fault(path_contains="graphql", times=None, **{"status": 403, **told})


def message(text: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": "permission_error", "message": text}}


def header(text: str) -> str:
    # What a header can carry at all.
    return re.sub(r"[^\x20-\x7e]", "", text)


Place = Callable[[str], Fault]
PLACES = [
    pytest.param(lambda key: anthropic(body=message(f"no {key}, sorry")), ADMIN_KEY, id="message"),
    pytest.param(
        lambda key: anthropic(body={"error": {"type": f"E {key}"}}), ADMIN_KEY, id="kind of error"
    ),
    pytest.param(
        lambda key: anthropic(body="x", headers={"content-type": f"text/{header(key)}"}),
        ADMIN_KEY,
        id="content type",
    ),
    pytest.param(
        lambda key: anthropic(status=200, body='{"data":', headers={"content-type": header(key)}),
        ADMIN_KEY,
        id="content type of what is torn",
    ),
    pytest.param(
        lambda key: anthropic(
            status=200, body="[", headers={"content-encoding": f"x{header(key)}"}
        ),
        ADMIN_KEY,
        id="content encoding",
    ),
    pytest.param(
        lambda key: github(body={"message": f"Bad credentials {key}"}), TOKEN, id="GitHub's message"
    ),
    pytest.param(
        lambda key: Fault(
            "graphql_error",
            path_contains="graphql",
            times=None,
            body={"errors": [{"type": "FORBIDDEN", "message": f"{key} may not"}]},
        ),
        TOKEN,
        id="GraphQL's message",
    ),
    pytest.param(
        lambda key: github(body={}, headers={"x-github-request-id": header(key)}),
        TOKEN,
        id="GitHub's request id",
    ),
]


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with DemoServer(admin_key=ADMIN_KEY, github_token=TOKEN) as running:
        yield running


@pytest.fixture
def bench(server: DemoServer, settings_for: Callable[..., Settings]) -> Iterator[Bench]:
    made = Bench(server, settings_for(server))
    yield made
    made.close()
    server.faults.clear()


def load(bench: Bench, key: str) -> str:
    """Load from one of the APIs; return all that is told of it and all that is stored."""
    if key == TOKEN:
        report = bench.github(date(2026, 10, 25))
    else:
        report = bench.load([DAY], directories=False)
    told = [str(failure) for failure in report.failures]
    with bench.opened() as connection:
        tables = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables()"
        ).fetchall()
        for (table,) in tables:
            told += [str(row) for row in connection.execute(f"from {table}").fetchall()]
    return "\n".join(told)


def files(folder: Path) -> str:
    found = [path for path in folder.rglob("*") if path.is_file()]
    assert found
    return "".join(path.read_bytes().decode("latin-1") for path in found)


def tries() -> Iterator[Any]:
    for number, row in enumerate(PLACES):
        for name in FORMS if number == 0 else ("as it is", "in capitals"):
            yield pytest.param(*row.values, FORMS[name], id=f"{row.id}, {name}")


@pytest.mark.parametrize(("place", "key", "form"), list(tries()))
def test_what_a_server_repeats_is_nowhere_shown_or_stored(
    bench: Bench,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    place: Place,
    key: str,
    form: Callable[[str], str],
) -> None:
    caplog.set_level(logging.DEBUG)
    written = form(key)
    bench.server.faults.add(place(written))
    told = load(bench, key)
    assert "<secret>" in told
    printed = capfd.readouterr()
    everything = "\n".join([told, caplog.text, printed.out, printed.err, files(tmp_path)]).lower()
    for shown in (key, written, header(written)):
        assert shown.lower() not in everything


def test_a_key_in_a_stored_answer_is_left_out_and_nothing_else(
    bench: Bench, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bench.load([DAY])
    records = bench.bodies()

    def echo(document: dict[str, Any]) -> dict[str, Any]:
        document["data"][0]["terminal_type"] = f"a {bench.server.admin_key} b"
        return document

    bench.server.faults.add(Fault("edit", path_contains="claude_code", edit=echo, times=None))
    report = bench.load([DAY])
    assert report.failures == []
    (body,) = bench.bodies()
    terminals = [record["terminal_type"] for record in json.loads(body)["data"]]
    assert terminals[0] == "a <secret> b"
    assert terminals[1:] == [r["terminal_type"] for r in json.loads(records[0])["data"]][1:]
    assert bench.statuses() == {str(DAY): "complete"}
    assert f"{CLAUDE_CODE} [{DAY}]: the answer repeats the key" in caplog.text
    bench.close()
    assert ADMIN_KEY not in files(tmp_path)


def test_neither_the_terminal_nor_the_history_of_a_run_shows_a_key(
    server: DemoServer, tmp_path: Path
) -> None:
    """The real command, against a server that repeats the key and colours it."""
    server.faults.add(
        Fault(
            path_contains="/v1/",
            status=403,
            times=None,
            body=message(f"\x1b[31m{ADMIN_KEY}\x1b[0m may not\u202e \x07read"),
        )
    )
    try:
        finished = subprocess.run(
            [
                *(sys.executable, "-m", "claude_usage", "run", "--source", "anthropic"),
                *("--start", str(DAY), "--end", str(DAY)),
            ],
            env={
                **os.environ,
                **server.environment,
                "WAREHOUSE_PATH": str(tmp_path / "w.duckdb"),
                "PUBLISH_PATH": str(tmp_path / "p.duckdb"),
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
        )
    finally:
        server.faults.clear()
    assert finished.returncode == 1
    assert "<secret> may not read" in finished.stderr
    history = files(tmp_path)
    assert "<secret> may not read" in history
    for text in (finished.stdout, finished.stderr, history):
        assert ADMIN_KEY.lower() not in text.lower()
    for order in ("\x1b", "\u202e", "\x07"):
        assert order not in finished.stdout + finished.stderr


def pem() -> str:
    key = rsa.generate_private_key(65_537, 2_048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


PEM = pem()
SECRET = "some-thing-secret-42"
# Where a secret is a part of the setting.
AROUND = {
    "litellm_database_url": f"postgresql://reader:{SECRET}@127.0.0.1/litellm",
    "metrics_otlp_headers": f"x-team=usage,Authorization=Bearer%20{SECRET}",
}
SECRETS = [
    *(
        pytest.param({name: AROUND.get(name, SECRET)}, SECRET, id=name)
        for name, field in Settings.model_fields.items()
        if "SecretStr" in str(field.annotation)
    ),
    *(
        pytest.param({"github_app_private_key": text}, line, id=f"line {number} of {kind}")
        for kind, text in {"PEM": PEM, "escaped PEM": PEM.replace("\n", "\\n")}.items()
        for number, line in list(enumerate(PEM.splitlines()))[1:-2:8]
    ),
]


@pytest.mark.parametrize(("values", "shown"), SECRETS)
def test_each_setting_that_is_secret_is_kept_out_of_all_logs(
    values: dict[str, str], shown: str, caplog: pytest.LogCaptureFixture
) -> None:
    Settings(**values)  # type: ignore[arg-type]
    assert shown not in mask(f"a {shown} b")
    for name in ("ingestion", "httpx", "dlt", "dagster", ""):
        logger = logging.getLogger(name)
        logger.error("%s, in parts: %s", shown, [shown])
        try:
            raise ValueError(shown)
        except ValueError:
            logger.exception("with a traceback")
    assert caplog.text.count("<secret>") >= 15
    assert shown not in caplog.text


def test_there_are_as_many_secrets_as_are_known_of() -> None:
    """A new setting for a secret is one more row above."""
    assert len([row for row in SECRETS if "line" not in str(row.id)]) == 12


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("req_011CXy-AB:12/3", "req_011CXy-AB:12/3"),
        (None, None),
        ("", None),
        ("\x1b[31m", "31m"),
        ("x" * 1_000, "x" * 100),
        ("sk-ant-admin01-abc", "<secret>"),
        ("<secret>", "<secret>"),
        ("sk-ant-\x00admin01-abc", "<secret>"),
        ("a@b.example", "ab.example"),
    ],
)
def test_a_request_id_is_a_short_word(text: str | None, kept: str | None) -> None:
    assert identifier(text) == kept
    said = str(RequestError(Request("e", "w"), "p", request_id=text))
    assert f"(request id {kept or 'none'})" in said


@pytest.mark.parametrize(
    "order",
    [
        *("\x1b[2J", "\x1b]0;title\x07", "\x9b31m", "\x1bPq#0\x1b\\", "\x1bc", "\r", "\b", "\x0e"),
        *("\x7f", "\x85", "\u202e", "\u2066", "\ufeff", "\u200b", "\u2028", "\U000e0041"),
    ],
    ids=ascii,
)
def test_orders_to_a_terminal_are_left_out(order: str) -> None:
    assert printable(f"a\tb{order}\nc") == "a\tb\nc"


def test_a_text_without_end_is_cut_before_a_secret_that_would_be_cut() -> None:
    remember(TOKEN)
    for before in range(2_960, 3_005):
        assert TOKEN[:12] not in mask(" " * before + TOKEN)
        assert TOKEN[:12] not in mask("\x00" * before + TOKEN)


@pytest.mark.parametrize(
    ("value", "secret", "kept"),
    [
        ("whsec_c29tZS1vdGhlci1zZWNyZXQ=", "whsec_c29tZS1vdGhlci1zZWNyZXQ=", "whsec_"),
        ("https://chat.test/services/T01/x9aK-a-longer-token", "x9aK-a-longer-token", "services"),
        ("https://chat.test/hook?key=p1-a-long-query-key", "p1-a-long-query-key", "chat.test"),
        ("smtps://usage:q5%20pass%2Fword@mail.test:465", "q5 pass/word", "mail.test:465"),
        ("smtps://usage:r6%20pass%2Fword@mail.test:465", "r6%20pass%2Fword", "usage"),
        ("tgram://123456789:ab-token-of-a-bot/42", "123456789:ab-token-of-a-bot", "tgram"),
    ],
)
def test_of_a_variable_that_alerts_name_the_secret_is_masked_and_no_host(
    monkeypatch: pytest.MonkeyPatch, value: str, secret: str, kept: str
) -> None:
    monkeypatch.setenv("SOME_ROUTE", value)

    assert named_secrets(["SOME_ROUTE", "NOT_SET"]) == {"SOME_ROUTE": value}
    assert secret not in conceal(f"sent to {value} with {secret}")
    assert conceal(f"{kept} is told") == f"{kept} is told"
