"""`claude-usage local` over transcripts that are made up: the first time, and when nothing is new.

    python -m benchmarks.transcripts --megabytes 1000 [--ccusage PATH/TO/ccusage]

With ccusage, it reads the same files beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

_TEXT = "".join(random.Random(1).choices('abcdefghij klmno\n"{}', k=200_000))
_SESSION_BYTES = (100_000, 600_000, 3_000_000)


def write_transcripts(folder: Path, size: int) -> None:
    """Write sessions of ``size`` bytes in all below `projects`: a call of a tool per response."""
    numbers, written, place = random.Random(5), 0, 0
    while written < size:
        project = folder / "projects" / f"-srv-project{place % 40}"
        project.mkdir(parents=True, exist_ok=True)
        place += 1
        session = f"{numbers.getrandbits(128):032x}"
        wanted = min(numbers.choice(_SESSION_BYTES), size - written)
        at = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(minutes=numbers.randrange(40_000))
        with (project / f"{session}.jsonl").open("w") as file:
            begun = written
            while written - begun < wanted:
                at += timedelta(seconds=numbers.randrange(3, 60))
                written += sum(file.write(one) for one in _response(numbers, session, at))


def _response(numbers: random.Random, session: str, at: datetime) -> Sequence[str]:
    message, tool = (f"{numbers.getrandbits(96):024x}" for _ in range(2))
    usage = {
        "input_tokens": numbers.randrange(1, 50),
        "output_tokens": numbers.randrange(1, 2_000),
        "cache_read_input_tokens": numbers.randrange(100_000),
        "cache_creation_input_tokens": 3_000,
        "cache_creation": {"ephemeral_5m_input_tokens": 1_000, "ephemeral_1h_input_tokens": 2_000},
    }
    instant = f"{at:%Y-%m-%dT%H:%M:%S}.000Z"
    shared = {"sessionId": session, "timestamp": instant, "version": "2.1.332"}
    name = numbers.choice(("Bash", "Read", "Edit", "mcp__tickets__search"))
    blocks: list[dict[str, Any]] = [
        {"type": "text", "text": _text(numbers, 900)},
        {"type": "tool_use", "id": tool, "name": name, "input": {"command": _text(numbers, 2_000)}},
    ]
    lines: list[dict[str, Any]] = [
        {
            **shared,
            "type": "assistant",
            "uuid": f"{message}-{place}",
            "requestId": f"req_{message}",
            "message": {
                "id": f"msg_{message}",
                "model": "claude-sonnet-4-5",
                "stop_reason": "tool_use",
                "content": [block],
                "usage": usage,
            },
        }
        for place, block in enumerate(blocks)
    ]
    output = _text(numbers, int(numbers.paretovariate(1.1) * 600) % 60_000 + 1)
    result = {"type": "tool_result", "tool_use_id": tool, "content": output}
    lines.append(
        {
            **shared,
            "type": "user",
            "uuid": f"{message}-2",
            "message": {"role": "user", "content": [result]},
            "toolUseResult": {"stdout": output},
        }
    )
    return [json.dumps(one) + "\n" for one in lines]


def _text(numbers: random.Random, longest: int) -> str:
    begin = numbers.randrange(100_000)
    return _TEXT[begin : begin + numbers.randrange(longest)]


def _seconds(command: Sequence[str], environment: Mapping[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, env={**os.environ, **environment}, check=True, capture_output=True)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1_000)
    parser.add_argument("--ccusage", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_transcripts(folder / "claude", asked.megabytes * 10**6)
        environment = {
            "CLAUDE_CONFIG_DIR": str(folder / "claude"),
            "LOCAL_FOLDER": str(folder / "state"),
        }
        command = [str(Path(sys.executable).parent / "claude-usage"), "local"]
        for when in ("first time", "later"):
            print(f"claude-usage local, {when}: {_seconds(command, environment):.1f} s")
        if asked.ccusage:
            peer = [str(asked.ccusage), "monthly", "--json", "--offline"]
            print(f"ccusage: {_seconds(peer, environment):.1f} s")


if __name__ == "__main__":
    main()
