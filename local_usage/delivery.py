"""Hand an export over: as one file in a folder, in one step, or to a receiver, part by part."""

from __future__ import annotations

import gzip
import os
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import httpx

from local_usage.errors import DeliveryProblem
from local_usage.export import Sender, count_outgoing, note_sent, outgoing, part

# Lines of a request: some 2 MB, a tenth of that on the way.
LINES_PER_REQUEST = 4_000
TRIES = 5
FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 30.0
_FILE_MODE = 0o640


def to_folder(
    connection: duckdb.DuckDBPyConnection, who: Sender, folder: Path, target: str
) -> Path:
    """Write `outgoing` as one compressed file of JSON lines; return its path.

    The file has its name once it is whole and on the disk.
    """
    name = f"local-{who.machine_key[:12]}-{datetime.now(UTC):%Y%m%dT%H%M%S%f}.jsonl.gz"
    temporary = folder / f".{name}.{secrets.token_hex(4)}.tmp"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as raw:
            with gzip.GzipFile(fileobj=raw, mode="wb", filename="", mtime=0) as file:
                for lines in outgoing(connection):
                    file.write(lines)
            raw.flush()
            os.fsync(raw.fileno())
        temporary.chmod(_FILE_MODE)
        temporary.replace(folder / name)
    except OSError as error:
        raise DeliveryProblem(f"{folder} cannot be written: {error.strerror}") from error
    finally:
        temporary.unlink(missing_ok=True)
    note_sent(connection, target, 1, count_outgoing(connection) + 1)
    return folder / name


def to_url(
    connection: duckdb.DuckDBPyConnection,
    url: str,
    token: str | None,
    target: str,
    *,
    lines_per_request: int = LINES_PER_REQUEST,
    wait: Callable[[float], None] = time.sleep,
) -> int:
    """Send `outgoing` to ``{url}/v1/local``; return the number of requests that arrived.

    A part that arrived is not sent again, whatever becomes of the others.

    Raises:
        DeliveryProblem: the receiver cannot be reached, or refuses.
    """
    headers = {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    address, sent = f"{url.rstrip('/')}/v1/local", 0
    with httpx.Client(headers=headers, timeout=60, follow_redirects=False) as client:
        count, first = count_outgoing(connection), 1
        while first <= count:
            after = min(first + lines_per_request, count + 1)
            status = _post(client, address, part(connection, first, after), wait)
            if status == httpx.codes.REQUEST_ENTITY_TOO_LARGE and lines_per_request > 1:
                lines_per_request //= 2
                continue
            _check(status, url)
            note_sent(connection, target, first, after)
            first, sent = after, sent + 1
    return sent


def _post(client: httpx.Client, url: str, lines: bytes, wait: Callable[[float], None]) -> int:
    """Return the status of the answer; try again what may pass by itself."""
    body = gzip.compress(lines, mtime=0)
    pause = FIRST_WAIT_SECONDS
    for tries in range(1, TRIES + 1):
        try:
            answer = client.post(url, content=body)
        except httpx.TransportError as error:
            if tries == TRIES:
                raise DeliveryProblem(
                    f"{url} cannot be reached ({type(error).__name__}): check the address and the"
                    " network, then export again"
                ) from error
        else:
            status = answer.status_code
            if tries == TRIES or not (status == httpx.codes.TOO_MANY_REQUESTS or status >= 500):
                return status
            asked = answer.headers.get("retry-after", "")
            pause = max(pause, float(asked)) if asked.isdigit() else pause
        wait(min(pause, LONGEST_WAIT_SECONDS))
        pause *= 2
    raise AssertionError


def _check(status: int, url: str) -> None:
    if 200 <= status < 300:
        return
    advice = {
        401: "set LOCAL_TOKEN to the token of the receiver",
        403: "set LOCAL_TOKEN to the token of the receiver",
        404: "is this the address of claude-usage otlp-serve, without a path?",
    }.get(status, "export again later; what arrived is not sent again")
    raise DeliveryProblem(f"{url} answered {status}: {advice}")
