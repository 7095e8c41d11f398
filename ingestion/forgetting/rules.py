"""How identities are found and replaced in stored text, in SQL.

Text is JSON as answered, or a plain value. Each rule is a regular expression of RE2 and what takes
the place of its match: a whole word anywhere in the text, or, where a word may be any word, in the
places alone where it can only be an identity. The places of each answer are listed in
docs/security.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

import duckdb

from ingestion.forgetting.identities import NOREPLY, Identity, shown_name

_LETTER = r"\p{L}\p{N}_"
_WORD = rf"{_LETTER}@.+\-"
# What stands around a word, as groups to be put back. In JSON a line end is `\n`, whose n is none
# of the word's letters.
_BEFORE = rf"(^|\\[nrtbf]|[^{_WORD}])([@.+\-]*)"
_AFTER = rf"([.+\-]*(?:[^{_WORD}]|$))"
_BETWEEN = rf'[.+\-]*(?:[^{_WORD}"\\]|\\"){{1,3}}[.+\-]*'

# A login that is a short word, or one that marks of agents are made of, may be any word.
_SHORTEST_WORD = 5
_WORDS_OF_AGENTS = frozenset(
    {"agent", "anthropic", "assistant", "claude", "codex", "copilot", "cursor", "devin", "haiku"}
    | {"jules", "opencode", "sonnet", "noreply", "github"}
)

RULES, ANY, NUMBERS = "forgotten_rules", "forgotten_any", "forgotten_numbers"


class Rule(NamedTuple):
    """A pattern and what takes its place, with the groups to be put back."""

    pattern: str
    put: str


def canonical(text: str) -> str:
    """Return the SQL of the words of a value, as `identities` describes them."""
    return f"array_to_string({words(text)}, ' ')"


def words(text: str) -> str:
    """Return the SQL of the list of words of a text."""
    return f"regexp_extract_all(lower({text}), '[{_LETTER}](?:[{_WORD}]*[{_LETTER}])?')"


def without_escapes(text: str) -> str:
    """Return the SQL of JSON whose line ends and quotes are spaces, to look for words in."""
    return rf"""regexp_replace({_decoded(text)}, '\\[nrtbf"/\\]', ' ', 'g')"""


def _decoded(text: str) -> str:
    r"""Some servers write `ë` as `\u00eb`, and `<` as `\u003c`: only such text is written anew."""
    has_escapes = rf"regexp_matches({text}, '\\u[0-9a-fA-F]{{4}}') and json_valid({text})"
    return f"case when {has_escapes} then json({text})::varchar else {text} end"


def use(connection: duckdb.DuckDBPyConnection, identities: Iterable[Identity]) -> None:
    """Set the variables of ``connection`` that `scrubbed` and `renumbered` read."""
    identities = sorted(identities, key=lambda one: (-len(one.value), one.value))
    rules = [rule for one in identities for rule in _rules(one)]
    # A match takes the space that the next one begins with: the second time round finds that.
    rules += rules
    rules += [rule for person in sorted({one.person for one in identities}) for rule in _of(person)]
    numbers = {one.value: int(one.replacement) for one in identities if one.kind == "github_id"}
    connection.execute(
        f"set variable {RULES} = $rules::struct(pattern varchar, put varchar)[]",
        {"rules": [rule._asdict() for rule in rules]},
    )
    cores = "|".join(_sign(one) for one in identities if one.kind != "handle")
    connection.execute(f"set variable {ANY} = $any", {"any": f"(?i){cores}" if cores else "$^"})
    connection.execute(
        f"set variable {NUMBERS} = map($ids::varchar[], $numbers::bigint[])",
        {"ids": list(numbers), "numbers": list(numbers.values())},
    )


def is_hit(text: str) -> str:
    """Return the SQL of whether a text may hold an identity in use."""
    return f"coalesce(regexp_matches({_decoded(text)}, getvariable('{ANY}')), false)"


def scrubbed(text: str) -> str:
    """Return the SQL of a text with all identities in use replaced; others stay to the byte."""
    decoded = _decoded(text)
    replaced = (
        f"list_reduce(list_prepend({{'pattern': '', 'put': {decoded}}}, getvariable('{RULES}')),"
        " lambda done, rule: {'pattern': '',"
        " 'put': regexp_replace(done.put, rule.pattern, rule.put, 'gi')}).put"
    )
    return (
        f"case when {is_hit(text)} then coalesce(nullif({replaced}, {decoded}), {text})"
        f" else {text} end"
    )


def renumbered(number: str, kind: str) -> str:
    """Return the SQL of a GitHub account's number, in a column of type ``kind``."""
    found = f"map_extract_value(getvariable('{NUMBERS}'), {number}::varchar)"
    return f"coalesce({found}::{kind}, {number})"


def _core(value: str) -> str:
    return _BETWEEN.join(re.escape(word) for word in value.split(" "))


def _sign(one: Identity) -> str:
    """Return a pattern without which no rule of an identity can match."""
    if one.kind != "mail":
        return _core(one.value)
    local, _, domain = one.value.rpartition("@")
    return rf"{_core(local)}(?:\+[^@]*)?@{re.escape(domain)}"


def _rules(one: Identity) -> list[Rule]:
    if one.kind == "handle":
        return []
    if one.kind == "github_id":
        return _of_number(one)
    core = _core(one.value)
    anywhere = Rule(f"{_BEFORE}{core}{_AFTER}", rf"\1\2{one.replacement}\3")
    if one.kind == "login":
        noreply = Rule(
            rf"{_BEFORE}(?:[0-9]+\+)?{core}{re.escape(NOREPLY)}{_AFTER}",
            rf"\1\2{one.replacement}{NOREPLY}\3",
        )
        return [noreply, _login(one, core) if _may_be_any_word(one.value) else anywhere]
    if one.kind == "api_key_name" and not re.search(r"[0-9_-]", one.value):
        place = r'("(?:api_key_name|name)"\s*:\s*")'
        return [Rule(f'{place}{core}(")', rf"\1{one.replacement}\2")]
    if one.kind == "mail" and "+" not in one.value:
        return [anywhere, _plus_addresses(one)]
    return [anywhere]


def _may_be_any_word(login: str) -> bool:
    is_plain = re.fullmatch(r"[^\W\d_]+", login) is not None
    return (is_plain and len(login) < _SHORTEST_WORD) or login in _WORDS_OF_AGENTS


def _login(one: Identity, core: str) -> Rule:
    """Replace a login that may be any word where it names an account, or what is an account's."""
    places = "|".join(
        [
            r'"login"\s*:\s*"',
            rf"[^{_WORD}]@",
            # Addresses of pages, an account's own repositories, and branches named after people.
            r"users/|\.com/",
            r'"(?:nameWithOwner|headRefName)"\s*:\s*"',
            "^",
        ]
    )
    return Rule(rf"({places}){core}([^{_WORD}])", rf"\1{one.replacement}\2")


def _plus_addresses(one: Identity) -> Rule:
    local, _, domain = one.value.rpartition("@")
    put_local, _, put_domain = one.replacement.rpartition("@")
    return Rule(
        rf"{_BEFORE}{_core(local)}\+[^@\s\"\\<>,;]+@{re.escape(domain)}{_AFTER}",
        rf"\1\2{put_local}+other@{put_domain}\3",
    )


def _of_number(one: Identity) -> list[Rule]:
    """Replace the number of an account where it stands beside its login, and what is made of it."""
    put = one.replacement
    return [
        Rule(
            r'("login"\s*:\s*"[^"]*"\s*,\s*"(?:databaseId|id)"\s*:\s*)' + one.value + "([^0-9])",
            rf"\1{put}\2",
        ),
        Rule(rf"(/u/){one.value}([^0-9])", rf"\1{put}\2"),
        Rule(rf'("id"\s*:\s*{put}[^{{}}]*?"node_id"\s*:\s*)"[^"]*"', r'\1"forgotten"'),
    ]


def _of(person: str) -> list[Rule]:
    """Replace any name that stands with an address of the person, which is replaced by then."""
    text = r'"(?:[^"\\]|\\.)*"'
    address = rf'"forgotten-{person}-[^"]*"'
    name = shown_name(person)
    return [
        Rule(rf'("name"\s*:\s*){text}([^{{}}]*"email"\s*:\s*{address})', rf'\1"{name}"\2'),
        Rule(rf'("email"\s*:\s*{address}[^{{}}]*?"name"\s*:\s*){text}', rf'\1"{name}"'),
        Rule(rf'(-by: *)[^<>"\\:]{{1,80}}?( *<forgotten-{person}-)', rf"\1{name}\2"),
    ]
