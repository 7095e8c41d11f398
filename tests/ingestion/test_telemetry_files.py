"""Files of telemetry: each record once, bad bytes cost themselves, nothing private is kept."""

from __future__ import annotations

import gzip
import json
import random
import shutil
import struct
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from pydantic import SecretStr

from ingestion.hashing import identity_hash
from ingestion.settings import Settings
from ingestion.telemetry.load import load_telemetry
from tests.source_samples import OTLP, needs
from tests.telemetry_samples import SALT, event, line, logs, metric, request

PLANTED = "Kestrel-7741"
# Put together from parts: no file of the project names one.
HOME = "/" + "home/"


class Bench:
    """A folder of files, and a warehouse that they are loaded into."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.drop = folder / "drop"
        self.drop.mkdir()
        given = {"identity_salt": SecretStr(SALT)} | settings
        self.settings = Settings(
            telemetry_path=self.drop, warehouse_path=folder / "warehouse.duckdb", **given
        )
        self.runs = 0

    def put(self, name: str, *messages: bytes | dict[str, Any]) -> None:
        lines = (one if isinstance(one, bytes) else line(one) for one in messages)
        (self.drop / name).write_bytes(b"".join(lines))

    def load(self) -> Any:
        self.runs += 1
        report = load_telemetry(self.settings, run_id=f"run_{self.runs}")
        assert report.failures == []
        return report

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.settings.warehouse_path)) as connection:
            return connection.execute(query).fetchall()

    def requests(self) -> list[str]:
        return [
            one
            for (one,) in self.rows(
                "select request_id from raw_telemetry.events where event_name = 'api_request'"
                " order by all"
            )
        ]

    def stored(self) -> dict[str, list[tuple[Any, ...]]]:
        return {
            table: self.rows(f"from raw_telemetry.{table} order by all")
            for table in ("events", "points")
        }


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@needs(OTLP)
def test_real_files_have_the_sums_that_are_known(bench: Bench) -> None:
    expected = json.loads((OTLP / "expected.json").read_text())
    for name in ("logs_http_json.jsonl", "metrics_delta_http_json.jsonl"):
        shutil.copy(OTLP / name, bench.drop)
    bench.load()
    events = dict(bench.rows("select event_name, count(*) from raw_telemetry.events group by all"))
    assert events == expected["events"]
    ((count, cost),) = bench.rows(
        "select count(distinct request_id), sum(cost_usd::decimal(24, 12))"
        " from raw_telemetry.events where event_name = 'api_request'"
    )
    assert count == expected["api_request_distinct_request_id"] == 18
    assert cost == Decimal(str(expected["api_request_cost_usd"])) == Decimal("0.1576185")
    sums = expected["metrics_delta_sums"]
    tokens = dict(
        bench.rows(
            "select point_type, sum(value::double) from raw_telemetry.points"
            " where metric_name = 'token.usage' group by all"
        )
    )
    kinds = ("input", "output", "cacheRead", "cacheCreation")
    assert tokens == {kind: sums[kind] for kind in kinds}
    ((by_metric,),) = bench.rows(
        "select sum(value::decimal(24, 12)) from raw_telemetry.points"
        " where metric_name = 'cost.usage'"
    )
    assert by_metric == Decimal("0.1576185")
    starts = bench.rows(
        "select start_type, sum(value::double) from raw_telemetry.points"
        " where metric_name = 'session.count' group by all order by all"
    )
    assert starts == [("continue", 1.0), ("fresh", 4.0), ("resume", 8.0)]


@needs(OTLP)
def test_files_twice_in_any_order_and_gone_give_the_same_rows(tmp_path: Path) -> None:
    names = sorted(one.name for one in OTLP.glob("*.json*") if one.name != "expected.json")
    found = []
    for order in (names, names[::-1]):
        (tmp_path / str(len(found))).mkdir()
        bench = Bench(tmp_path / str(len(found)))
        for name in order:
            shutil.copy(OTLP / name, bench.drop / name)
            bench.load()
        once = bench.stored()
        # Under other names they are other files, with the same records.
        for name in names:
            shutil.copy(OTLP / name, bench.drop / f"again-{name}")
        bench.load()
        assert bench.stored() == once
        shutil.rmtree(bench.drop)
        bench.drop.mkdir()
        bench.load()
        assert bench.stored() == once
        found.append({name: {row[:-2] for row in rows} for name, rows in once.items()})
    assert found[0] == found[1]


@needs(OTLP)
def test_what_is_private_is_kept_nowhere(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    shutil.copy(OTLP / "logs_with_content_flags_on.jsonl", bench.drop)
    report = bench.load()
    assert bench.requests() == []
    assert report.loaded["events"].records > 0
    told = _all_text(bench) + caplog.text + repr(report)
    for planted in ("SCENARIO", HOME, "notes.txt", "ls -1", "hello", "00dev01"):
        assert planted not in told


TEXTS = (
    *("prompt", "prompt_text", "response", "tool_input", "tool_parameters", "error"),
    *("hook_matcher", "server_name", "agent.name", "skill.name", "mcp_server.name"),
    *("mcp_tool.name", "tool_name", "query_source", "model", "decision", "source", "speed"),
    *("event.name", "terminal.type", "app.entrypoint", "anthropic.provider", "app.version"),
    *("tool_source", "user.account_uuid", "organization.id", "user.id", "session.id"),
    *("prompt.id", "request_id", "tool_use_id", "type", "start_type", "unheard.of", "os.version"),
)


@pytest.mark.parametrize(
    "text", [f"{PLANTED} said: rm -rf /srv/{PLANTED}", f"{PLANTED}@corp.example"]
)
def test_text_in_any_attribute_is_not_kept(bench: Bench, text: str) -> None:
    said = {name.replace(".", "__"): text for name in TEXTS if name != "event.name"}
    records = [event(name, **said) for name in ("api_request", "tool_result", text)]
    own = dict.fromkeys(TEXTS, text)
    names = ("claude_code.commit.count", f"claude_code.{PLANTED}")
    bench.put(
        "one.jsonl",
        logs(*records, user__email=text, team__id=text, cost_center=text, host__name=text),
        *(metric(name, (0, 1, 1.0), **own) for name in names),
    )
    report = bench.load()
    assert report.loaded["events"].records == 3
    assert report.loaded["points"].records == 2
    assert PLANTED.lower() not in (_all_text(bench) + repr(report)).lower()


def test_custom_names_that_the_settings_know_are_kept(tmp_path: Path) -> None:
    bench = Bench(tmp_path, telemetry_names="release-notes, jira")
    bench.put(
        "one.jsonl",
        logs(
            request("r1", agent__name="Explore", skill__name="release-notes"),
            request("r2", agent__name="mine", mcp_server__name="jira"),
        ),
    )
    bench.load()
    assert bench.rows(
        "select agent_name, skill_name, mcp_server_name from raw_telemetry.events"
        " order by request_id"
    ) == [("Explore", "release-notes", None), ("custom", None, "jira")]


def test_addresses_are_hashed_and_without_a_salt_left_out_and_said(tmp_path: Path) -> None:
    for salt, expected in ((SALT, identity_hash("dana@corp.example", SALT)), (None, None)):
        folder = tmp_path / str(salt)
        folder.mkdir()
        bench = Bench(folder, identity_salt=SecretStr(salt) if salt else None)
        bench.put("one.jsonl", logs(request("r1", user__email=" Dana@Corp.example")))
        report = bench.load()
        ((found, machine),) = bench.rows(
            "select identity_hash, machine_key from raw_telemetry.events"
        )
        assert found == expected
        assert machine is not None
        said = " ".join(report.warnings.get("events", []))
        assert ("IDENTITY_SALT is not set" in said) == (salt is None)


def test_a_torn_line_and_a_bad_byte_cost_only_themselves(bench: Bench) -> None:
    good = [line(logs(request(f"r{number}"))) for number in range(4)]
    bad_byte = line(logs(request("r4", unheard__of="ABC"))).replace(b"ABC", b"A\xffC")
    bench.put(
        "one.jsonl",
        b"\xef\xbb\xbf" + good[0],
        good[1][: len(good[1]) // 2] + b"\n",
        good[2].replace(b"\n", b"\r\n"),
        b"\n",
        bad_byte,
        b'{"an object": "of something else"}\n',
        b"\x00\x01\x02\n",
        good[3].rstrip(b"\n"),
    )
    report = bench.load()
    assert bench.requests() == ["r0", "r2", "r3", "r4"]
    counts = bench.rows(
        "select line_count, unreadable_line_count, repaired_line_count, record_count"
        " from raw_telemetry.files"
    )
    assert counts == [(7, 3, 1, 4)]
    assert report.warnings["files"] == ["one.jsonl: 3 of 7 lines cannot be read and are left out"]


def test_compressed_files_are_read_and_their_torn_end_is_counted(bench: Bench) -> None:
    data = [line(logs(request(f"r{number}"))) for number in range(4)]
    bench.put("one.jsonl.gz", gzip.compress(data[0]) + gzip.compress(data[1]))
    zstd = pa.Codec("zstd")
    bench.put("two.jsonl.zst", zstd.compress(data[2], asbytes=True))
    # As a collector writes it: a length before each message.
    frame = zstd.compress(data[3].rstrip(), asbytes=True)
    bench.put("three.json.zst", struct.pack(">I", len(frame)) + frame + struct.pack(">I", 99))
    bench.load()
    assert bench.requests() == ["r0", "r1", "r2", "r3"]
    assert bench.rows("select sum(unreadable_line_count) from raw_telemetry.files") == [(1,)]


def test_a_file_that_grows_is_read_again(bench: Bench) -> None:
    bench.put("one.jsonl", logs(request("r1")))
    bench.load()
    bench.put("one.jsonl", logs(request("r1")), logs(request("r2")))
    report = bench.load()
    assert report.loaded["events"].records == 1
    assert bench.requests() == ["r1", "r2"]
    assert bench.load().loaded["files"].records == 0


def test_numbers_are_read_of_whatever_type_they_came(bench: Bench) -> None:
    message = logs(request("r1"), request("r2"), request("r3"))
    records = message["resourceLogs"][0]["scopeLogs"][0]["logRecords"]
    values = ({"intValue": "7"}, {"stringValue": "7"}, {"doubleValue": 7.0})
    for record, value in zip(records, values, strict=True):
        for one in record["attributes"]:
            if one["key"] == "input_tokens":
                one["value"] = value
            if one["key"] == "cost_usd":
                one["value"] = {"stringValue": "0.25"} if "stringValue" in value else one["value"]
    bench.put("one.jsonl", message)
    bench.load()
    assert bench.rows(
        "select input_tokens, cost_usd from raw_telemetry.events order by request_id"
    ) == [(7, "0.001215"), (7, "0.25"), (7, "0.001215")]


@pytest.mark.parametrize("value", [2**63 - 1, -1, 1e300, "1e99", "NaN", "twelve", True, ""])
def test_what_is_no_count_is_null_and_costs_no_more(bench: Bench, value: Any) -> None:
    odd = request("r1", input_tokens=value, cost_usd=value, duration_ms=value)
    bench.put("one.jsonl", logs(odd), metric("claude_code.commit.count", (0, 1, value)))
    bench.put("two.jsonl", logs(request("r2")))
    bench.load()
    assert bench.rows(
        "select input_tokens, cost_usd, duration_ms, output_tokens from raw_telemetry.events"
        " order by request_id"
    ) == [(None, None, None, 80), (5, "0.001215", None, 80)]
    assert bench.rows("select count(*) from raw_telemetry.points") == [(0,)]
    assert bench.rows("select sum(foreign_record_count) from raw_telemetry.files") == [(1,)]


def test_lines_shuffled_and_sent_again_are_the_same_points(tmp_path: Path) -> None:
    lines = [
        line(metric("claude_code.commit.count", (0, time, float(value)), temporality=kind))
        for time, value, kind in ((1, 1, 2), (2, 3, "AGGREGATION_TEMPORALITY_CUMULATIVE"))
    ]
    bench = Bench(tmp_path)
    shuffled = lines * 5
    random.Random(1).shuffle(shuffled)
    bench.put("one.jsonl", *shuffled)
    bench.load()
    assert bench.rows("select value, is_cumulative from raw_telemetry.points order by 1") == [
        ("1", True),
        ("3", True),
    ]


def _all_text(bench: Bench) -> str:
    """Return all that is stored, and the bytes of the files that it is stored in."""
    told = []
    for (table,) in bench.rows(
        "select schema_name || '.' || table_name from duckdb_tables()"
        " where starts_with(schema_name, 'raw_')"
    ):
        told += [repr(row) for row in bench.rows(f"from {table}")]
    folder = bench.settings.warehouse_path.parent
    told += [path.read_bytes().decode("latin-1") for path in folder.iterdir() if path.is_file()]
    return "\n".join(told)
