"""Telemetry: a gigabyte of files, and the receiver under a stream of batches."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import httpx

RECORDS = 100
_PARALLEL = 32
_BODIES = 300


@dataclass(frozen=True)
class FilesRead:
    megabytes: float
    records: int
    seconds: float
    memory_megabytes: float


@dataclass(frozen=True)
class Received:
    batches: int
    seconds: float
    # Of the receiver's process, all its threads.
    cpu_seconds: float
    memory_megabytes: float


def read_files(folder: Path, size: int) -> FilesRead:
    """Load ``size`` bytes of a collector's files, in a process of its own."""
    drop = folder / "collector"
    drop.mkdir()
    written = records = 0
    with (drop / "logs.jsonl").open("wb") as file:
        for number in _numbers():
            if written > size:
                break
            written += file.write(batch(number) + b"\n")
            records += RECORDS
    environment = _environment(drop) | {"WAREHOUSE_PATH": str(folder / "warehouse.duckdb")}
    began = time.perf_counter()
    child = subprocess.Popen([sys.executable, "-m", "benchmarks.telemetry"], env=environment)
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        raise RuntimeError("the load failed")
    seconds = time.perf_counter() - began
    return FilesRead(written / 1e6, records, seconds, usage.ru_maxrss / 1e3)


def receive(folder: Path, batches: int) -> Received:
    """Send batches to a receiver that has one core, as fast as it answers."""
    drop = folder / "received"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = _environment(drop) | {"OTLP_PORT": str(port)}
    child = subprocess.Popen(
        [sys.executable, "-m", "claude_usage", "otlp-serve"],
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    os.sched_setaffinity(child.pid, {0})
    try:
        # Made before, so that the clock runs for the receiver alone.
        bodies = [batch(number) for number in range(min(batches, _BODIES))]
        url = f"http://127.0.0.1:{port}/v1/logs"
        asyncio.run(_until_it_answers(url))
        before = _processor_time(child.pid)
        seconds = asyncio.run(_send(url, islice(cycle(bodies), batches)))
        taken = _processor_time(child.pid) - before
    finally:
        child.send_signal(signal.SIGINT)
        _, _, usage = os.wait4(child.pid, 0)
    kept = sum(path.read_bytes().count(b"\n") for path in drop.iterdir())
    if kept != batches * RECORDS:
        raise RuntimeError(f"{kept} of {batches * RECORDS} records were kept")
    return Received(batches, seconds, taken, usage.ru_maxrss / 1e3)


def _processor_time(process: int) -> float:
    """Return the seconds that all threads of a process have used."""
    text = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2]
    user, system = text.split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


async def _send(url: str, waiting: Iterator[bytes]) -> float:
    async with httpx.AsyncClient(timeout=60) as client:

        async def worker() -> None:
            for body in waiting:
                answer = await client.post(
                    url, content=body, headers={"Content-Type": "application/json"}
                )
                answer.raise_for_status()

        began = time.perf_counter()
        await asyncio.gather(*(worker() for _ in range(_PARALLEL)))
        return time.perf_counter() - began


async def _until_it_answers(url: str) -> None:
    async with httpx.AsyncClient() as client:
        for _ in range(300):
            try:
                await client.post(url, content=b"{}", headers={"Content-Type": "application/json"})
                return
            except httpx.ConnectError:
                await asyncio.sleep(0.1)
    raise RuntimeError("the receiver does not answer")


def _environment(drop: Path) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", ""),
        "TELEMETRY_PATH": str(drop),
        "IDENTITY_SALT": "a salt of no secret at all",
    }


def _numbers() -> Iterator[int]:
    number = 0
    while True:
        yield number
        number += 1


def batch(number: int) -> bytes:
    """Return a message of 100 requests, with all that the client says of one."""
    text = {
        "user.id": f"{number % 500:064x}",
        "user.email": f"person{number % 500}@example.com",
        "session.id": f"{number:08x}-0000-4000-8000-000000000000",
        "terminal.type": "xterm-256color",
        "anthropic.provider": "firstParty",
        "event.name": "api_request",
        "event.timestamp": "2026-11-27T05:36:40.727Z",
        "model": "claude-sonnet-4-5",
        "speed": "normal",
        "query_source": "repl_main_thread",
    }
    counts = {
        "input_tokens": 5,
        "output_tokens": 80,
        "cache_read_tokens": 220,
        "cache_creation_tokens": 1500,
        "cache_creation_5m_tokens": 500,
        "cache_creation_1h_tokens": 1000,
        "cost_usd_micros": 9156,
        "duration_ms": 717,
        "ttft_ms": 75,
    }
    common = [{"key": key, "value": {"stringValue": value}} for key, value in text.items()]
    common += [{"key": key, "value": {"intValue": value}} for key, value in counts.items()]
    common.append({"key": "cost_usd", "value": {"doubleValue": 0.009156000000000001}})
    start = 1_795_757_800_727_000_000 + number * 1_000_000
    records = [
        {
            "timeUnixNano": str(start + place),
            "body": {"stringValue": "claude_code.api_request"},
            "attributes": [
                *common,
                {"key": "event.sequence", "value": {"intValue": place}},
                {"key": "prompt.id", "value": {"stringValue": f"{place // 10:08x}-{number:04x}"}},
                {"key": "request_id", "value": {"stringValue": f"req_{number:012x}{place:012x}"}},
            ],
        }
        for place in range(RECORDS)
    ]
    resource_attributes = [
        {"key": "service.name", "value": {"stringValue": "claude-code"}},
        {"key": "service.version", "value": {"stringValue": "2.1.332"}},
    ]
    message = {
        "resourceLogs": [
            {
                "resource": {"attributes": resource_attributes},
                "scopeLogs": [
                    {"scope": {"name": "com.anthropic.claude_code.events"}, "logRecords": records}
                ],
            }
        ]
    }
    return json.dumps(message, separators=(",", ":")).encode()


def _load() -> None:
    from ingestion.settings import Settings
    from ingestion.telemetry.load import load_telemetry

    load_telemetry(Settings(), run_id="benchmark")


if __name__ == "__main__":
    _load()
