"""What the file's level of privacy leaves out, shown where something is empty."""

from __future__ import annotations

from dashboard.store import Generation

_OF_TEAMS = (
    "The file is at privacy level team, which leaves out what is of single people or of few."
)


def why_empty(generation: Generation) -> str | None:
    """Return what the file's level says of anything that is empty; None where it hides nothing."""
    if "level" not in generation.cache:
        ((level,),) = generation.query("select privacy_level from quality.published_file").rows
        generation.cache["level"] = level
    return _OF_TEAMS if generation.cache["level"] == "team" else None
