"""What must never be shown: the secrets of this process, by value and by how they look.

`Settings` hands over each secret it reads, and whoever is given one later (an installation token, a
signed web token) does the same. From then on no log record of any logger shows it, whatever
wrote the record.

| Function | For |
| --- | --- |
| `mask` | text of a server on its way into an error, the ledger or a log: one short line |
| `conceal` | text of our own or of a library, which stays as it is but for secrets |
| `printable` | any text on its way to a terminal |
| `withhold` | an answer's body before it is decoded and stored |
| `identifier` | the request id that a server names |

Values are found in the forms in which programs repeat them: in any case, backwards, cut off after
their beginning, percent-encoded, as JSON or HTML writes them, in Base64 or hexadecimal.
"""

from __future__ import annotations

import base64
import html
import json
import logging
import re
import traceback
from collections.abc import Iterable, Iterator
from urllib.parse import quote

SHOWN_AS = "<secret>"
# What is shorter is no secret, and would be found in half of all words.
SHORTEST = 8
# Enough of a key to be known by, where a server repeats its beginning alone.
_BEGINNING = 16
_LONGEST_MESSAGE = 300
# Of a text without end, what is looked at: some expressions below take the square of its length.
_LOOKED_AT = 3_000
_LONGEST_IDENTIFIER = 100

# Installation tokens hold dots since 2026; app keys are PEM, and sign JSON web tokens.
_LOOKS = re.compile(
    r"sk-ant-[\w-]+|gh[a-z]_[\w.-]+|github_pat_\w+|Bearer\s+\S+|eyJ[\w.-]{10,}"
    r"|-----BEGIN [\w ]+-----.*?(?:-----END [\w ]+-----|$)",
    re.IGNORECASE,
)
_MAIL = re.compile(r"[^\s<>\"'@]+@[^\s<>\"'@]+")
# Sequences that move the cursor, colour, or set a title, up to where a terminal takes their end.
_SEQUENCES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]{0,999}(?:\x07|\x1b\\|\x9c|$)"
    r"|\x1b[ -/]*[0-~]"
)
# C0 but for tab and line feed, DEL and C1; other line ends; what has no width; what turns the
# direction of a line.
_CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e007f\ud800-\udfff]"
)
_NOT_IN_IDENTIFIERS = re.compile(r"[^A-Za-z0-9_.:/=+-]")


class _Known:
    """The secrets of this process in each of their ``forms``, in small letters."""

    def __init__(self) -> None:
        self.forms: set[str] = set()

    def add(self, forms: Iterable[str]) -> None:
        self.forms |= {form.lower() for form in forms if len(form) >= SHORTEST}
        # Each record of each logger is made as one that shows no secret, whoever handles it.
        if not _is_guarded():
            logging.setLogRecordFactory(_Record)


_known = _Known()


def remember(*secrets: str | None) -> None:
    """Keep ``secrets`` out of all that is shown from now on. Of PEM text each line is one, too."""
    for secret in filter(None, secrets):
        if "-----BEGIN" in secret:
            lines = [line for line in re.split(r"\\n|\s+", secret) if "-----" not in line]
            for line in [*lines, "".join(lines)]:
                if len(line) >= _BEGINNING:
                    _known.add((line, quote(line, safe=""), line.replace("/", "\\/")))
        else:
            _known.add(_forms(secret.strip()))


def conceal(text: str) -> str:
    """Return ``text`` without the secrets of this process, in any of their forms."""
    lowered = text.lower()
    there = [form for form in _known.forms if form in lowered]
    if not there:
        return text
    # The longest first: a whole value is masked as one. With what hangs on it: of a key that is cut
    # off, more than its beginning may be there.
    found = "|".join(map(re.escape, sorted(there, key=len, reverse=True)))
    return re.sub(rf"(?:{found})[\w-]*", SHOWN_AS, text, flags=re.IGNORECASE)


def mask(text: str, *, longest: int = _LONGEST_MESSAGE) -> str:
    """Return one line of ``text``, cut to ``longest`` characters, without secrets and addresses.

    What looks like a key is taken for one, whoever's it is.
    """
    # White space first: what stands between two words keeps them apart.
    line = " ".join(printable(" ".join(_beginning(text).split())).split())
    line = _MAIL.sub("<mail>", _LOOKS.sub(SHOWN_AS, conceal(line)))
    return line if len(line) <= longest else line[: longest - 1] + "…"


def _beginning(text: str) -> str:
    """Return whole words from the beginning of a text: half a key would not be known for one."""
    if len(text) <= _LOOKED_AT:
        return text
    words = text[:_LOOKED_AT].rsplit(None, 1)
    return f"{words[0]} …" if len(words) == 2 else "…"


def printable(text: str) -> str:
    """Return ``text`` without what a terminal takes for an order rather than for a character.

    Line feeds and tabs stay.
    """
    return _CONTROLS.sub("", _SEQUENCES.sub("", text))


def identifier(text: str | None) -> str | None:
    """Return a request id as it may be kept: letters, digits and few signs, and no secret."""
    if text == SHOWN_AS:
        return text
    # What is left out first could stand in the middle of a key.
    masked = mask(_NOT_IN_IDENTIFIERS.sub("", text or ""))
    return SHOWN_AS if SHOWN_AS in masked else masked[:_LONGEST_IDENTIFIER] or None


def withhold(body: bytes, sent: Iterable[str]) -> bytes:
    """Return ``body`` without the credentials that were ``sent`` with the request.

    No other secret can be in it, as no other left this machine for that host. Keys hold no
    character that JSON writes in another way.
    """
    for secret in sent:
        if len(secret) >= SHORTEST and (written := secret.encode()) in body:
            body = body.replace(written, SHOWN_AS.encode())
    return body


def _forms(value: str) -> Iterator[str]:
    yield value
    yield value[::-1]
    yield quote(value, safe="")
    yield "".join(f"%{byte:02x}" for byte in value.encode())
    yield json.dumps(value)[1:-1]
    yield json.dumps(value)[1:-1].replace("/", "\\/")
    yield html.escape(value)
    yield value.encode().hex()
    yield from _in_base64(value.encode())
    if len(value) > _BEGINNING:
        yield value[:_BEGINNING]


def _in_base64(value: bytes) -> Iterator[str]:
    """Yield what is sure to be in Base64 of any text with ``value``, wherever in it that begins."""
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + value).decode().rstrip("=")
        # The first signs and the last depend on the neighbours, too.
        inner = encoded[(0, 2, 3)[before] : len(encoded) - 1]
        if len(inner) >= SHORTEST:
            yield inner
            yield inner.translate(str.maketrans("+/", "-_"))


class _Record(logging.LogRecord):
    """A log record whose text, traceback included, shows no secret."""

    def getMessage(self) -> str:
        if self.exc_info and self.exc_info[0] and not self.exc_text:
            # Formatters take it from here, and do not write their own.
            self.exc_text = conceal("".join(traceback.format_exception(*self.exc_info))).rstrip()
        return conceal(super().getMessage())


def _is_guarded() -> bool:
    factory = logging.getLogRecordFactory()
    return isinstance(factory, type) and issubclass(factory, _Record)
