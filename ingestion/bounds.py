"""How much a server may answer, and for how long: an answer that goes on without end is ended.

Bodies are unpacked here, as they come: a kilobyte of Gzip can stand for a megabyte, and where it is
packed twice, for a gigabyte.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator

import httpx

from ingestion.network import chain

# The longest page there is holds 1,440 minutes of a large organisation: some ten megabytes. Four
# answers are read at once, and each is held a second time as it is decoded.
LONGEST_ANSWER_BYTES = 256_000_000
# From the request's first byte to the answer's last. Servers give up on a query after a minute, and
# what is left is enough for a page over a slow line.
LONGEST_REQUEST_SECONDS = 180.0
# The bound is the HTTP library's own; it is named here for the error.
LONGEST_HEAD_BYTES = 102_400
# What is asked for. Only what can be unpacked by pieces of known size is taken.
ACCEPTED_ENCODING = "gzip"
_PIECE = 1 << 20


class OutOfBounds(Exception):
    """An answer that goes beyond what any may have; says what that is."""

    def __init__(self, problem: str, response: httpx.Response) -> None:
        super().__init__(problem)
        self.response = response


async def bound(response: httpx.Response) -> None:
    """Have the body of ``response`` unpacked within bounds: a hook of the client.

    Raises:
        OutOfBounds: it is packed in another way than was asked for.
    """
    encoding = response.headers.pop("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise OutOfBounds(
            f"the answer is packed as {encoding!r}, and only {ACCEPTED_ENCODING} was asked for",
            response,
        )
    assert isinstance(response.stream, httpx.AsyncByteStream)
    response.stream = _Bounded(response, response.stream, is_packed="gzip" in encoding)


def has_endless_head(error: BaseException) -> bool:
    """Return whether a protocol error is about headers beyond `LONGEST_HEAD_BYTES`."""
    # What the parser would have a server answer: the head is too large.
    return any(getattr(one, "error_status_hint", None) == 431 for one in chain(error))


class _Bounded(httpx.AsyncByteStream):
    """The bytes of another stream, unpacked, up to `LONGEST_ANSWER_BYTES`."""

    def __init__(
        self, response: httpx.Response, stream: httpx.AsyncByteStream, *, is_packed: bool
    ) -> None:
        self._response = response
        self._stream = stream
        self._is_packed = is_packed

    async def __aiter__(self) -> AsyncIterator[bytes]:
        pieces = _unpacked(self._stream) if self._is_packed else aiter(self._stream)
        length = 0
        async for piece in pieces:
            length += len(piece)
            if length > LONGEST_ANSWER_BYTES:
                raise OutOfBounds(
                    f"the answer is longer than {LONGEST_ANSWER_BYTES:,} bytes, which no answer may"
                    " be",
                    self._response,
                )
            yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()


async def _unpacked(stream: httpx.AsyncByteStream) -> AsyncIterator[bytes]:
    unpacking = _gzip()
    is_empty = True
    async for packed in stream:
        while packed:
            is_empty = False
            if unpacking.eof:
                # Another member: several in a row stand for their texts in a row.
                unpacking = _gzip()
            try:
                yield unpacking.decompress(packed, _PIECE)
            except zlib.error as error:
                raise httpx.DecodingError(str(error)) from error
            packed = unpacking.unused_data or unpacking.unconsumed_tail
    yield unpacking.flush()
    if not (unpacking.eof or is_empty):
        raise httpx.DecodingError("the packed answer ends before its end")


def _gzip() -> zlib._Decompress:
    return zlib.decompressobj(zlib.MAX_WBITS | 16)
