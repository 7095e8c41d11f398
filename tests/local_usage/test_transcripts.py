"""Transcripts as real programs write them, and as disks and editors leave them."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import shutil
import threading
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from claude_usage.cli import app
from ingestion import warehouse
from ingestion.local.load import load_local
from ingestion.settings import Settings
from local_usage import index, places
from tests.source_samples import TRANSCRIPTS, needs

SALT = "a salt of sixteen or more"
ADDRESS = "ada.planted@example.org"
SESSION = "11111111-2222-3333-4444-555555555555"
TOTALS = ("response_count", "uncached_input_tokens", "output_tokens", "cache_read_tokens")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with nothing in it; returns the folder of Claude Code."""
    folder = tmp_path / "claude"
    (folder / "projects").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(folder))
    monkeypatch.setenv("LOCAL_FOLDER", str(tmp_path / "state"))
    monkeypatch.setenv("IDENTITY_SALT", SALT)
    monkeypatch.setenv("LOCAL_EMAIL", ADDRESS)
    monkeypatch.setenv("LOCAL_BILLING_BASIS", "api")
    return folder


def run(*arguments: str) -> str:
    answer = CliRunner().invoke(app, ["local", *arguments], catch_exceptions=False)
    assert answer.exit_code == 0, answer.output
    return answer.stdout


def totals(*arguments: str) -> dict[str, str]:
    """Return the sums of the table by model."""
    rows = list(csv.DictReader(io.StringIO(run("--by", "model", "--format", "csv", *arguments))))
    assert len(rows) <= 1
    return rows[0] if rows else {}


def line(number: int, *, output: int | None = 10, **fields: Any) -> dict[str, Any]:
    usage = {"input_tokens": 1, "output_tokens": output, **fields.pop("usage", {})}
    message = {
        "id": f"msg_{number}",
        "model": "claude-sonnet-4-5",
        "stop_reason": "end_turn",
        "content": [{"type": "text", "text": "said"}],
        "usage": usage,
        **fields.pop("message", {}),
    }
    return {
        "parentUuid": None,
        "type": "assistant",
        "uuid": f"line-{number}",
        "sessionId": SESSION,
        "requestId": f"req_{number}",
        "timestamp": f"2026-11-27T10:00:{number:02}.000Z",
        "message": message,
        **fields,
    }


def write(folder: Path, name: str, *lines: dict[str, Any]) -> Path:
    path = folder / "projects" / "-home-planted" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(one) + "\n" for one in lines))
    return path


def notes() -> str:
    return " ".join(json.loads(run("--format", "json"))["notes"])


@needs(TRANSCRIPTS)
@pytest.mark.parametrize("is_reversed", [False, True])
def test_the_samples_come_out_to_the_last_digit_in_any_order(
    machine: Path, is_reversed: bool
) -> None:
    expected = json.loads((TRANSCRIPTS / "expected.json").read_text())[
        "dedup_message_id_request_id"
    ]
    files = sorted((TRANSCRIPTS / "projects").rglob("*.jsonl"), reverse=is_reversed)
    for file in files:
        target = machine / "projects" / file.relative_to(TRANSCRIPTS / "projects")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
        run("--by", "day", "--format", "csv")

    found = totals()
    sessions = list(csv.DictReader(io.StringIO(run("--by", "session", "--format", "csv"))))

    assert [int(found[name]) for name in TOTALS] == [
        expected["requests"],
        expected["input_tokens"],
        expected["output_tokens"],
        expected["cache_read_input_tokens"],
    ]
    written = int(found["cache_creation_5m_tokens"]) + int(found["cache_creation_1h_tokens"])
    assert written == expected["cache_creation_input_tokens"]
    assert Decimal(found["list_cost_usd"]) == Decimal(str(expected["cost_usd_list"]))
    # A fork owns what it added itself, and nothing of what it copied.
    owned = {one["session_id"][:8]: int(one["response_count"]) for one in sessions}
    assert owned["5e1c724f"] == 11
    assert owned["7dbfdd13"] == 1
    assert sum(owned.values()) == 40


@needs(TRANSCRIPTS)
def test_each_response_is_one_that_the_api_gave(machine: Path) -> None:
    shutil.copytree(TRANSCRIPTS / "projects", machine / "projects", dirs_exist_ok=True)
    truth = [json.loads(one) for one in (TRANSCRIPTS / "ground_truth_api_answers.jsonl").open()]
    given = {one["message_id"]: (one["input_tokens"], one["output_tokens"]) for one in truth}
    missing = set(
        json.loads((TRANSCRIPTS / "expected.json").read_text())[
            "answered_but_not_in_any_transcript"
        ]
    )

    with index.opened(Path(os.environ["LOCAL_FOLDER"]) / "local.duckdb") as connection:
        index.scan(connection, places.roots(str(machine), machine))
        rows = connection.execute(
            "select response_key, uncached_input_tokens, output_tokens from sightings"
        ).fetchall()

    assert all(given[key] == (uncached, output) for key, uncached, output in rows)
    absent = {one["request_id"] for one in truth if one["message_id"] not in {r[0] for r in rows}}
    assert absent == missing


def test_the_greatest_output_counts_with_and_without_a_request_id(machine: Path) -> None:
    first = line(1, output=3, message={"stop_reason": None})
    last = line(1, output=80, requestId=None, timestamp="2026-11-27T10:00:09.000Z")
    write(machine, "a.jsonl", last, first)
    write(machine, "b.jsonl", {**first, "sessionId": "fork"})

    found = totals()

    assert (found["response_count"], found["output_tokens"]) == ("1", "80")
    # Neither order nor a line without an id of its own makes a second one.
    write(machine, "c.jsonl", line(2, message={"id": None}), line(2, message={"id": None}))
    assert totals()["response_count"] == "2"


def test_what_is_no_answer_is_counted_and_costs_nothing(machine: Path) -> None:
    write(
        machine,
        "a.jsonl",
        line(1),
        line(2, message={"model": "<synthetic>"}),
        line(3, isApiErrorMessage=True),
        line(4, usage={"output_tokens": -5}),
        line(5, usage={"input_tokens": None, "output_tokens": None}),
        {"type": "of next year", "uuid": "x"},
    )

    assert totals()["response_count"] == "1"
    said = notes()
    for text in ("made by the client", "API errors", "impossible tokens", "no tokens", "a type"):
        assert f"1 {'lines' if text[0] in 'maA' else 'answers'}" in said
        assert text in said


def test_damaged_bytes_cost_nothing_but_themselves(machine: Path) -> None:
    path = write(machine, "a.jsonl", line(1))
    whole = [json.dumps(line(number)).encode() for number in range(2, 10)]
    long = json.dumps(line(20, message={"content": [{"type": "text", "text": "x" * 5_000_000}]}))
    with path.open("ab") as file:
        file.write(whole[0] + b"\r\n")
        file.write(whole[1].replace(b"said", b"s\xe4id") + b"\n")
        file.write(b"\0\0\0" + whole[2] + b"\n")
        file.write(whole[3][:60] + b"\n")
        file.write(whole[3][:60] + whole[4] + b"\n")
        file.write(whole[5].replace(b"said", b"\\ud83d") + b"\n\n")
        file.write(b"\xff\xfe not json \n" + long.encode() + b"\n")
        file.write(whole[6][:90])

    # 1, 2, 3, 4, 6 (behind a torn one), 7 and the long one; 5 and 8 are torn.
    assert totals()["response_count"] == "7"
    said = notes()
    assert "3 lines are no whole JSON" in said
    assert "2 lines are not in UTF-8" in said
    assert "1 lines held NUL bytes" in said
    assert "1 files end within a line" in said
    with path.open("ab") as file:
        file.write(whole[6][90:])
    # Whole now, although nothing ends the line.
    assert totals()["response_count"] == "8"


def test_a_file_in_utf_16_is_read(machine: Path) -> None:
    path = write(machine, "a.jsonl")
    text = "".join(json.dumps(line(number), ensure_ascii=False) + "\r\n" for number in (1, 2))
    path.write_text(text.replace("said", "„ਁ“"), encoding="utf-16")

    assert totals()["response_count"] == "2"


def test_only_what_was_appended_is_read_and_what_vanishes_stays(machine: Path) -> None:
    path = write(machine, "a.jsonl", line(1), line(2))
    folder = places.roots(str(machine), machine)
    at = Path(os.environ["LOCAL_FOLDER"]) / "local.duckdb"

    def scanned() -> int:
        with index.opened(at) as connection:
            return index.scan(connection, folder).read_byte_count

    assert scanned() == path.stat().st_size
    assert scanned() == 0
    added = json.dumps(line(3)) + "\n"
    with path.open("a") as file:
        file.write(added)
    assert scanned() == len(added)
    assert totals()["response_count"] == "3"
    # Written anew, shorter: what was seen first stays.
    write(machine, "a.jsonl", line(4))
    assert totals()["response_count"] == "4"
    path.unlink()
    assert totals()["response_count"] == "4"
    write(machine, "other.jsonl", line(1), line(2))
    assert totals()["response_count"] == "4"


def test_prices_follow_tier_region_and_searches_and_are_null_where_unknown(machine: Path) -> None:
    million = {"input_tokens": 1_000_000, "output_tokens": 0}
    write(
        machine,
        "a.jsonl",
        line(1, usage=million),
        line(2, usage={**million, "service_tier": "batch"}),
        line(3, usage={**million, "inference_geo": "us"}),
        line(4, usage={**million, "server_tool_use": {"web_search_requests": 3}}),
        line(5, usage={**million, "speed": "fast"}),
        line(
            6, usage={"input_tokens": 0, "output_tokens": 0, "cache_creation_input_tokens": 10**6}
        ),
        line(7, usage=million, message={"model": "us.anthropic.claude-sonnet-4-5-20250929-v1:0"}),
    )
    rows = list(csv.DictReader(io.StringIO(run("--by", "model", "--format", "csv"))))
    found = {one["model"]: one for one in rows}

    cost = Decimal(found["claude-sonnet-4-5"]["list_cost_usd"])
    assert cost == Decimal("3") + Decimal("1.5") + Decimal("3.3") + Decimal("3.03") + Decimal(
        "3.75"
    )
    assert found["claude-sonnet-4-5"]["unpriced_response_count"] == "1"
    assert Decimal(found["claude-sonnet-4-5-20250929"]["list_cost_usd"]) == 3
    assert "1 responses were fast" in notes()
    assert "1 responses do not tell how long" in notes()


def test_blocks_last_five_hours_from_the_full_hour(machine: Path) -> None:
    times = ["00:59:00", "05:00:00", "05:00:01", "09:59:00", "23:30:00"]
    write(
        machine,
        "a.jsonl",
        *(line(n, timestamp=f"2026-11-27T{one}.000Z") for n, one in enumerate(times)),
    )
    text = run("--by", "block", "--format", "csv", "--timezone", "UTC")
    rows = list(csv.DictReader(io.StringIO(text)))

    assert [(one["started_at"][11:16], one["response_count"]) for one in rows] == [
        ("00:00", "2"),
        ("05:00", "2"),
        ("23:00", "1"),
    ]


def loaded(path: Path, exports: Path, run_id: str) -> list[tuple[Any, ...]]:
    """Load the exports; return all that is stored but for when it was."""
    settings = Settings(warehouse_path=path, local_exports_path=exports)
    report = load_local(settings, run_id=run_id)
    assert report.failures == []
    with warehouse.connect(path) as connection:
        return [
            row
            for table in ("responses", "days", "context_daily")
            for row in connection.execute(
                f"select * exclude (fetched_at, run_id) from raw_local.{table} order by all"
            ).fetchall()
        ]


def test_exports_give_the_same_in_any_order_and_lower_nothing(
    machine: Path, tmp_path: Path
) -> None:
    exports = tmp_path / "exports"
    write(machine, "a.jsonl", line(1, output=5), line(2))
    run("export", "--to", str(exports))
    (first,) = exports.iterdir()
    write(machine, "a.jsonl", line(1, output=50), line(3))
    run("export", "--to", str(exports))
    (second,) = set(exports.iterdir()) - {first}
    assert "Nothing is new" in run("export", "--to", str(exports))
    with gzip.open(second) as file:
        told = [one for one in map(json.loads, file) if one["kind"] == "response"]
    assert {one["message_id"] for one in told} == {"msg_1", "msg_3"}

    both = loaded(tmp_path / "one.duckdb", exports, "one")
    again = loaded(tmp_path / "one.duckdb", exports, "two")
    late, early = tmp_path / "late", tmp_path / "early"
    for folder, file in ((late, second), (early, first)):
        folder.mkdir()
        shutil.copy(file, folder / f"{folder.name}.jsonl.gz")
    loaded(tmp_path / "two.duckdb", late, "one")
    reversed_ = loaded(tmp_path / "two.duckdb", early, "two")
    # Read again under another name, after the other was deleted.
    second.unlink()
    first.rename(exports / "renamed.jsonl.gz")
    without = loaded(tmp_path / "one.duckdb", exports, "three")

    assert both == again == reversed_ == without
    assert len([row for row in both if row[0] in ("msg_1", "msg_2", "msg_3")]) == 3


def test_a_torn_export_fails_alone_and_strange_lines_are_said(
    machine: Path, tmp_path: Path
) -> None:
    exports = tmp_path / "exports"
    write(machine, "a.jsonl", line(1))
    run("export", "--to", str(exports))
    (good,) = exports.iterdir()
    (exports / "torn.jsonl.gz").write_bytes(good.read_bytes()[:-20])
    (exports / "strange.jsonl").write_text('{"kind":"response","message_id":"/srv/x"}\nnothing\n')
    settings = Settings(warehouse_path=tmp_path / "w.duckdb", local_exports_path=exports)

    report = load_local(settings, run_id="one")

    assert len(report.failures) == 1
    assert "cannot be read to its end" in str(report.failures[0])
    assert "2 of 2 lines" in report.warnings["responses"][0]
    with warehouse.connect(tmp_path / "w.duckdb") as connection:
        rows = connection.execute("select message_id from raw_local.responses").fetchall()
    assert rows == [("msg_1",)]


def test_nothing_but_counts_and_hashes_is_left_behind(machine: Path, tmp_path: Path) -> None:
    planted = ("PLANTED-prompt", "/srv/planted", "planted-branch", "planted@mail.example", ADDRESS)
    prompt, folder, branch, mail, _ = planted
    content = [
        {"type": "text", "text": f"{prompt} {mail}"},
        {"type": "tool_use", "id": "t1", "name": f"mcp__planted-server__{mail}", "input": prompt},
    ]
    write(
        machine,
        "a.jsonl",
        line(
            1,
            cwd=folder,
            gitBranch=branch,
            attributionAgent=f"{prompt} {folder}",
            attributionSkill=mail,
            message={"content": content},
        ),
        {"type": "user", "uuid": "u", "message": {"content": prompt}, "cwd": folder},
        {"type": "attachment", "uuid": "v", "attachment": {"type": folder, "text": prompt}},
        {"type": "last-prompt", "lastPrompt": prompt},
    )
    (machine / "history.jsonl").write_text(json.dumps({"display": prompt}))
    (machine / "history.jsonl").chmod(0)
    (machine / "projects" / "-home-planted" / "b.jsonl").write_text(f'{{"torn {prompt}\n')
    said = run() + run("--format", "json") + run("--by", "agent") + run("--by", "mcp")
    exports = tmp_path / "exports"
    said += run("export", "--to", str(exports))
    loaded(tmp_path / "state" / "w.duckdb", exports, "one")

    left = [path for path in (tmp_path / "state").rglob("*") if path.is_file()]
    texts = [path.read_bytes() for path in left]
    texts += [gzip.decompress(path.read_bytes()) for path in exports.iterdir()]
    for path in left:
        assert path.stat().st_mode & 0o077 == 0 or path.name == "w.duckdb.lock", path
    # A database may pack its texts: what it holds is looked at as rows, too.
    for name in ("local.duckdb", "w.duckdb"):
        with duckdb.connect(str(tmp_path / "state" / name)) as connection:
            tables = connection.execute(
                "select schema_name, table_name from duckdb_tables()"
            ).fetchall()
            for schema, table in tables:
                rows = connection.execute(f'from "{schema}"."{table}"').fetchall()
                texts.append(repr(rows).encode())
    for secret in planted:
        assert all(secret.encode() not in text for text in texts), secret
    assert prompt not in said
    assert ADDRESS not in said


class _Receiver(BaseHTTPRequestHandler):
    """A receiver that keeps what it is sent, and fails as it is told."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server: Any = self.server
        status = server.failures.pop(0) if server.failures else 200
        if self.headers["Authorization"] != "Bearer a-token-of-the-receiver":
            status = 401
        if status == 200:
            server.bodies.append((self.path, dict(self.headers), gzip.decompress(body)))
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.mark.parametrize("failures", [[], [503, 429], [413]])
def test_a_receiver_gets_each_line_once(
    machine: Path, monkeypatch: pytest.MonkeyPatch, failures: list[int]
) -> None:
    write(machine, "a.jsonl", *(line(number) for number in range(6)))
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), _Receiver)
    server.bodies, server.failures = [], list(failures)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    try:
        refused = CliRunner().invoke(app, ["local", "export", "--to", url])
        assert refused.exit_code != 0
        assert "LOCAL_TOKEN" in str(refused.exception)
        monkeypatch.setenv("LOCAL_TOKEN", "a-token-of-the-receiver")
        server.failures = list(failures)
        run("export", "--to", url)
        assert "Nothing is new" in run("export", "--to", url)
    finally:
        server.shutdown()
        server.server_close()

    assert {path for path, _, _ in server.bodies} == {"/v1/local"}
    assert server.bodies[0][1]["Content-Type"] == "application/x-ndjson"
    lines = [json.loads(one) for _, _, body in server.bodies for one in body.splitlines()]
    told = [one["message_id"] for one in lines if one["kind"] == "response"]
    assert sorted(told) == [f"msg_{number}" for number in range(6)]
