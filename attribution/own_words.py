"""A text without what its writer only quotes.

Markdown says what is quoted: block quotes, code, tables, `<details>`, comments, what is struck
through. Diffs and lists of other commits' messages are no Markdown and are known by their form.
What is quoted becomes empty lines, so that lines keep their numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import accumulate
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token


class Line(NamedTuple):
    """A line of a text; ``is_listed`` where it belongs to one of several listed commit messages."""

    line_number: int
    line_text: str
    is_listed: bool


def own_lines(text: str, is_markdown: bool) -> list[Line]:
    """Return the lines of a text, from 1; quoted ones are empty.

    ``is_markdown``: descriptions are; commit messages are plain text in which people use some of
    it, so what only a renderer would do is not done: a fence that nobody closes is no fence.
    """
    if not is_markdown:
        text = _without_outer_indent(text)
    lines = text.split("\n")
    _blank_diffs(lines)
    _blank_blocks(lines, is_markdown)
    _blank_elements(lines, is_markdown)
    _blank_spans(lines)
    listed = _listed_lines(lines, is_markdown)
    return [Line(i + 1, line, i in listed) for i, line in enumerate(lines)]


# --- indentation --------------------------------------------------------------------------------

_LOG_HEADER = re.compile(r"^(commit [0-9a-f]{7,40}|(Author|Date|Merge):)", re.MULTILINE)


def _without_outer_indent(text: str) -> str:
    """Undo what indents a whole body: a here-document in a script, or `git merge --squash`."""
    subject, _, body = text.partition("\n")
    if subject.strip() == "Squashed commit of the following:":
        return subject + "\n" + re.sub(r"^ {4}", "", body, flags=re.MULTILINE)
    filled = [line for line in body.split("\n") if line.strip()]
    if filled and all(line.startswith(("    ", "\t")) for line in filled):
        return subject + "\n" + re.sub(r"^(?: {4}|\t)", "", body, flags=re.MULTILINE)
    return text


# --- diffs --------------------------------------------------------------------------------------

_HUNK = re.compile(r"^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
_DIFF_HEADER = re.compile(r"^(diff --git |index [0-9a-f]+\.\.|--- \S+(\t.*)?$|\+\+\+ \S)")
# A sign and no blank: a bullet has one. Two signs are a rule, or an option.
_CHANGED_LINE = re.compile(r"^[-+][^\s+\-]")


def _blank_diffs(lines: list[str]) -> None:
    removed = added = 0
    for i, line in enumerate(lines):
        hunk = _HUNK.match(line)
        if hunk:
            removed, added = (int(count or 1) for count in hunk.groups())
            lines[i] = ""
        elif removed > 0 or added > 0:
            removed -= not line.startswith(("+", "\\"))
            added -= not line.startswith(("-", "\\"))
            lines[i] = ""
        elif _DIFF_HEADER.match(line) or _CHANGED_LINE.match(line):
            lines[i] = ""


# --- blocks -------------------------------------------------------------------------------------

_MARKDOWN = MarkdownIt("commonmark").enable("table")
_QUOTING_BLOCKS = {"blockquote_open", "fence", "code_block", "table_open"}
_QUOTE_SIGN = re.compile(r"^\s*(?:(?:[-*+]|\d+[.)])\s+)*>")


# What each quoting block has at a line's start, an empty line before it, or in it. Without any of
# these nothing is parsed.
_BLOCK_SIGN = re.compile(
    r"^[ \t]*(?:(?:[-*+]|\d+[.)])[ \t]+)*(?:>|```|~~~)|^(?: {4}|\t)|\|[ \t:-]*-", re.MULTILINE
)


def _blank_blocks(lines: list[str], is_markdown: bool) -> None:
    if not _BLOCK_SIGN.search("\n".join(lines)):
        return
    for token in _blocks("\n".join(lines)):
        if token.type not in _QUOTING_BLOCKS or token.map is None:
            continue
        first, after = token.map
        if token.type == "fence" and not (is_markdown or _is_closed(token, lines)):
            continue
        for i in range(first, min(after, len(lines))):
            # In plain text each quoted line has its sign; Markdown goes on without.
            if token.type != "blockquote_open" or is_markdown or _QUOTE_SIGN.match(lines[i]):
                lines[i] = ""


def _blocks(text: str) -> list[Token]:
    """Return the blocks; what stands within a line is not parsed, which takes most of the time."""
    tokens: list[Token] = []
    # As the parser does itself: one character for one, so that lines keep their numbers.
    _MARKDOWN.block.parse(text.replace("\0", "\ufffd"), _MARKDOWN, {}, tokens)
    return tokens


def _is_closed(fence: Token, lines: list[str]) -> bool:
    assert fence.map is not None
    first, after = fence.map
    last = lines[after - 1].strip() if after - first > 1 else ""
    return last.startswith(fence.markup) and not last.strip(fence.markup[0])


# --- HTML ---------------------------------------------------------------------------------------

_QUOTING_ELEMENTS = frozenset(
    ("blockquote", "details", "pre", "code", "table", "del", "s", "strike", "q", "samp")
)
_QUOTING_TAG = re.compile(rf"<(?:!--|(?:{'|'.join(sorted(_QUOTING_ELEMENTS))})\b)", re.IGNORECASE)
# Only these stand open to the end of a description, as browsers show them.
_OPEN_ENDED = frozenset(("blockquote", "details"))
_CODE_SPAN = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)
_SUMMARY = re.compile(r"<summary[^>]*>(.*?)</summary>", re.DOTALL | re.IGNORECASE)
# What somebody folds away to say that an agent took part is their own; a release of another
# project is not, also when it is about agents: "owner/name (package)", "Release notes".
_DISCLOSES = re.compile(
    r"\b(ai|llm|claude|anthropic|agents?|assistant|assistance|disclosure|attribution|generated)\b",
    re.IGNORECASE,
)
_RELEASES = re.compile(r"\S/\S|release|change|commit|version|compare", re.IGNORECASE)


class _Quotes(HTMLParser):
    """Finds from where to where a text is within a quoting element or a comment."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=False)
        self.text = text
        self.starts = [0, *accumulate(len(line) + 1 for line in text.split("\n"))]
        self.opened: list[tuple[str, int]] = []
        self.found: list[tuple[int, int]] = []

    def place(self) -> int:
        line, column = self.getpos()
        return self.starts[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in _QUOTING_ELEMENTS:
            self.opened.append((tag, self.place()))

    def handle_endtag(self, tag: str) -> None:
        for depth in reversed(range(len(self.opened))):
            name, start = self.opened[depth]
            if name == tag:
                end = self.text.find(">", self.place()) + 1 or len(self.text)
                if not self._is_own(name, start, end):
                    self.found.append((start, end))
                del self.opened[depth:]
                return

    def set_cdata_mode(self, elem: str, *, escapable: bool = False) -> None:
        """Do not pass over what follows a <script> or a <title> that somebody speaks of."""

    def handle_comment(self, data: str) -> None:
        self.found.append((self.place(), self.place() + len(data) + 7))

    def unclosed(self) -> Iterator[tuple[int, int]]:
        for tag, start in self.opened:
            is_block = not self.text[self.text.rfind("\n", 0, start) + 1 : start].strip()
            if tag in _OPEN_ENDED and is_block and not self._is_own(tag, start, len(self.text)):
                yield start, len(self.text)

    def _is_own(self, tag: str, start: int, end: int) -> bool:
        if tag != "details":
            return False
        summary = _SUMMARY.search(self.text, start, end)
        title = summary.group(1) if summary else ""
        return bool(_DISCLOSES.search(title)) and not _RELEASES.search(title)


def _blank_elements(lines: list[str], is_markdown: bool) -> None:
    text = "\n".join(lines)
    if not _QUOTING_TAG.search(text):
        return
    # A tag in code is spoken of.
    quotes = _Quotes(_CODE_SPAN.sub(lambda span: _blank(span.group()), text))
    quotes.feed(quotes.text)
    quotes.close()
    found = quotes.found + (list(quotes.unclosed()) if is_markdown else [])
    for start, end in found:
        text = text[:start] + _blank(text[start:end]) + text[end:]
    lines[:] = text.split("\n")


# --- within a paragraph -------------------------------------------------------------------------

# Not over an empty line; and no further than any such span goes, because a stranger wrote it.
_PARAGRAPH = r"(?:(?!\n[ \t]*\n).)"
_STRUCK = re.compile(rf"(?<!~)(~~?)(?=[^\s~]){_PARAGRAPH}{{1,2000}}?(?<=[^\s~])\1(?!~)", re.DOTALL)
_SPAN = re.compile(rf"(?<!`)(`+)(?!`){_PARAGRAPH}{{1,2000}}?(?<!`)\1(?!`)", re.DOTALL)


def _blank_spans(lines: list[str]) -> None:
    """Struck-through words, and code over several lines: within a line the rules see its signs."""
    text = "\n".join(lines)
    if "~" in text:
        text = _STRUCK.sub(lambda found: _blank(found.group()), text)
    if "`" in text:
        text = _SPAN.sub(
            lambda found: _blank(found.group()) if "\n" in found.group() else found.group(), text
        )
    lines[:] = text.split("\n")


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


# --- lists of commit messages -------------------------------------------------------------------

_ITEM = re.compile(r"^( *)(?:[-*+]|\d+[.)]|[0-9a-f]{7,40}\b)\s+\S")
_MARK = re.compile(
    r"(?i)^[^0-9a-z]*(co-?author(ed)?-?by\s*:|claude-session\s*:|generated (with|by) )"
)
_TRAILER = re.compile(r"^ *[A-Za-z][A-Za-z-]{2,40}: \S")
_ENDS_LIST = re.compile(r"^(#{1,6} |-{3,}\s*$|\*{3,}\s*$|_{3,}\s*$)")


def _listed_lines(lines: list[str], is_markdown: bool) -> set[int]:
    """Return the indexes of marks that are an item's of a list of commit messages.

    Such marks stand between an item and the next. Those behind the last item are told from the
    writer's own by what they are: trailers, when other items had theirs or when the item's
    indentation, which a description has for a reason, makes them its own.
    """
    listed: set[int] = set()
    block: list[int] = []
    indent: int | None = None
    is_message_list = False

    def has_trailer() -> bool:
        return any(_TRAILER.match(lines[i]) for i in block)

    def ends_list() -> None:
        is_below = is_markdown and all(_indent(lines[i]) > (indent or 0) for i in block)
        if has_trailer() and (is_message_list or is_below):
            listed.update(block)

    for i, line in enumerate(lines):
        item = _ITEM.match(line)
        if _ENDS_LIST.match(line):
            ends_list()
            indent, block, is_message_list = None, [], False
        elif item:
            if has_trailer() or (block and is_message_list):
                listed.update(block)
                is_message_list = True
            block = []
            indent = len(item[1]) if indent is None else min(indent, len(item[1]))
        elif indent is not None and _MARK.match(line):
            block.append(i)
        elif block and line.strip() and not _TRAILER.match(line):
            # Prose after a mark: what comes is no list of messages any more.
            indent, block, is_message_list = None, [], False
    ends_list()
    return listed


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
