"""What the file's level of privacy leaves out, said where something is empty."""

from __future__ import annotations

from dashboard.store import Generation

_OF_TEAMS = (
    "The file is at privacy level team, which leaves out what is of single people or of few."
)
_IS_SAID = """
    select count(*) > 0 from duckdb_tables()
    where database_name = 'published' and schema_name = 'quality' and table_name = 'published_file'
"""


def why_empty(generation: Generation) -> str | None:
    """Return what the file's level says of anything that is empty; None where it hides nothing."""
    if "level" not in generation.cache:
        generation.cache["level"] = _level(generation)
    return _OF_TEAMS if generation.cache["level"] == "team" else None


def _level(generation: Generation) -> object:
    ((is_said,),) = generation.query(_IS_SAID).rows
    if is_said:
        sql = "select any_value(privacy_level) from published.quality.published_file"
    else:
        # Files of before: level team alone names nobody, not even who is unknown.
        sql = "select case when count(*) = 0 then 'team' end from dim_people"
    ((level,),) = generation.query(sql).rows
    return level
