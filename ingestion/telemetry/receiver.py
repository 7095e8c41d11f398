"""`claude-usage otlp-serve`: OTLP over HTTP, answered once what may be kept is on the disk.

Exports of transcripts come the same way, to `/v1/local`.

Requests that come while a write is under way are written together by the next one. What waits is
bounded: who comes too much is asked to come again, which exporters do.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from ingestion.local.receiving import ExportFolder, UnreadableExport, projected
from ingestion.telemetry import otlp, rows
from ingestion.telemetry.drop_folder import DropFolder
from ingestion.telemetry.projection import Counts, Projector

log = logging.getLogger(__name__)

JSON, PROTOBUF, LINES = "application/json", "application/x-protobuf", "application/x-ndjson"
# Of all messages that are being read or wait to be written.
ROOM = 64 << 20
_RETRY = {"Retry-After": "1"}
Decode = Callable[[bytes], list[otlp.Record]]


class Refused(Exception):
    """A request that is answered with an error; ``text`` holds nothing of it."""

    def __init__(self, status: int, text: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(text)
        self.status, self.text, self.headers = status, text, headers


class GroupCommit:
    """Appends what several requests bring with one flush of the disk."""

    def __init__(self, folder: DropFolder) -> None:
        self._folder = folder
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None

    async def append(self, lines: bytes) -> None:
        """Return when lines are on the disk. Raises `OSError` where they are not."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((lines, done))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._write())
        await done

    async def close(self) -> None:
        if self._task is not None:
            await self._task
        self._folder.close()

    async def _write(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting, []
            problem: OSError | None = None
            try:
                await asyncio.to_thread(self._folder.append, b"".join(one for one, _ in group))
            except OSError as error:
                log.error("rows cannot be written: %s", error.strerror)
                problem = error
            for _, done in group:
                # Who has hung up waits no longer.
                if done.done():
                    continue
                if problem is None:
                    done.set_result(None)
                else:
                    done.set_exception(problem)


class Room:
    """How many bytes may be under way."""

    def __init__(self, size: int) -> None:
        self._left = size

    def take(self, size: int) -> None:
        """Raises `Refused` where there is no room; the caller gives back what it took."""
        if size > self._left:
            raise Refused(503, "too much is under way: come again", _RETRY)
        self._left -= size

    def give_back(self, size: int) -> None:
        self._left += size


class Receiver:
    """The endpoints, and what they share."""

    def __init__(
        self,
        folder: DropFolder,
        projector: Projector,
        *,
        token: str | None,
        longest: int,
        exports: ExportFolder | None = None,
        room: int = ROOM,
    ) -> None:
        self._commit, self._exports = GroupCommit(folder), exports
        self._projector, self._token, self._longest = projector, token, longest
        self._room = Room(max(room, 3 * longest))
        self._counts = Counts()
        self._has_warned_of_addresses = False

    def application(self) -> Starlette:
        @asynccontextmanager
        async def closes(_: Starlette) -> AsyncIterator[None]:
            yield
            await self._commit.close()

        return Starlette(
            routes=[
                Route("/v1/logs", self._answering(self._logs), methods=["POST"]),
                Route("/v1/metrics", self._answering(self._metrics), methods=["POST"]),
                Route("/v1/traces", self._answering(self._traces), methods=["POST"]),
                Route("/v1/local", self._answering(self._export), methods=["POST"]),
            ],
            lifespan=closes,
        )

    def _answering(
        self, work: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            try:
                self._check_token(request)
                return await work(request)
            except Refused as refused:
                return Response(
                    refused.text + "\n", refused.status, refused.headers, media_type="text/plain"
                )
            except ClientDisconnect:
                return Response(status_code=400)

        return answer

    async def _logs(self, request: Request) -> Response:
        return await self._take(request, lambda body: otlp.from_protobuf(body, "logs"))

    async def _metrics(self, request: Request) -> Response:
        return await self._take(request, lambda body: otlp.from_protobuf(body, "metrics"))

    async def _traces(self, request: Request) -> Response:
        """Take traces and drop them: their tokens are counted in another way."""
        is_json = _is_json(request)
        async with self._body(request):
            pass
        return _answer(is_json)

    async def _export(self, request: Request) -> Response:
        if self._exports is None:
            raise Refused(404, "LOCAL_EXPORTS_PATH is not set here: exports are not taken")
        if _content_type(request) != LINES:
            raise Refused(415, f"content-type must be {LINES}")
        async with self._body(request) as body:
            try:
                await asyncio.to_thread(self._exports.keep, projected(body))
            except UnreadableExport as error:
                raise Refused(400, str(error)) from error
            except OSError as error:
                log.error("an export cannot be written: %s", error.strerror)
                raise Refused(503, "the export could not be stored", _RETRY) from error
        return Response(status_code=204)

    async def _take(self, request: Request, from_protobuf: Decode) -> Response:
        is_json = _is_json(request)
        decode = otlp.from_json if is_json else from_protobuf
        async with self._body(request) as body:
            try:
                lines = self._lines(decode(body))
            except otlp.UnreadableMessage as error:
                raise Refused(400, f"the message cannot be read: {error}") from error
            if lines:
                try:
                    await self._commit.append(lines)
                except OSError as error:
                    raise Refused(503, "the message could not be stored", _RETRY) from error
        return _answer(is_json)

    def _lines(self, records: list[otlp.Record]) -> bytes:
        lines = rows.encoded(self._projector.rows(records, self._counts))
        if self._counts.addresses and not self._has_warned_of_addresses:
            self._has_warned_of_addresses = True
            log.warning("addresses are left out: IDENTITY_SALT is not set")
        return lines

    def _check_token(self, request: Request) -> None:
        if self._token is None:
            return
        scheme, _, shown = request.headers.get("authorization", "").partition(" ")
        is_right = hmac.compare_digest(shown.strip().encode(), self._token.encode())
        if not is_right or scheme.lower() != "bearer":
            raise Refused(401, "no or a wrong bearer token", {"WWW-Authenticate": "Bearer"})

    @asynccontextmanager
    async def _body(self, request: Request) -> AsyncIterator[bytes]:
        """Read a body, inflated where it is compressed, and hold its room until it is done with."""
        declared = request.headers.get("content-length", "")
        taken = int(declared) if declared.isdecimal() and len(declared) < 16 else self._longest
        if taken > self._longest:
            raise self._too_long()
        self._room.take(taken)
        try:
            body = await self._read(request)
            match request.headers.get("content-encoding", "identity").lower():
                case "gzip":
                    # How much it will be nobody can say before.
                    self._room.take(self._longest)
                    taken += self._longest
                    body = self._inflated(body)
                case "identity" | "":
                    pass
                case _:
                    raise Refused(415, "content-encoding must be gzip or none")
            yield body
        finally:
            self._room.give_back(taken)

    async def _read(self, request: Request) -> bytes:
        parts, length = [], 0
        async for part in request.stream():
            length += len(part)
            if length > self._longest:
                raise self._too_long()
            parts.append(part)
        return b"".join(parts)

    def _inflated(self, body: bytes) -> bytes:
        inflater = zlib.decompressobj(wbits=31)
        try:
            inflated = inflater.decompress(body, self._longest + 1)
        except zlib.error as error:
            raise Refused(400, "the message is no gzip") from error
        if len(inflated) > self._longest:
            raise self._too_long()
        if not inflater.eof:
            raise Refused(400, "the gzip message ends early")
        return inflated

    def _too_long(self) -> Refused:
        return Refused(413, f"a message may have {self._longest >> 20} MB: see OTLP_MAX_MEGABYTES")


def _answer(is_json: bool) -> Response:
    return Response(b"{}" if is_json else b"", media_type=JSON if is_json else PROTOBUF)


def _content_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _is_json(request: Request) -> bool:
    kind = _content_type(request)
    if kind not in (JSON, PROTOBUF):
        raise Refused(415, f"content-type must be {JSON} or {PROTOBUF}")
    return kind == JSON
