"""Salted hashes: they stand for people and machines in what machines send."""

from __future__ import annotations

from hashlib import sha256

MINIMUM_SALT = 16


def identity_hash(value: str, salt: str) -> str:
    """Return 32 hex digits that nobody can make, or try out, without the salt.

    The same of `A@x.org ` as of `a@x.org`. dbt's macro `identity_hash` makes the same ones, so that
    a hashed address meets the person whose address is known.
    """
    inner = _hex(salt + value.strip().lower())
    return _hex(salt + inner)[:32]


def identity_hash_sql(value: str, salt: str) -> str:
    """Return the SQL of the same; both arguments are SQL expressions."""
    return f"left(sha256({salt} || sha256({salt} || lower(trim({value})))), 32)"


def _hex(text: str) -> str:
    return sha256(text.encode()).hexdigest()
