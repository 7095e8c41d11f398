"""Each text column of a mart is known to name people or not to."""

from __future__ import annotations

import re
from pathlib import Path

from publishing import privacy
from tests.contract.test_dbt_project import MARTS

# Empty below level named.
PERSONAL = {
    "api_key_name",
    "display_name",
    "email_address",
    "error_message",
    "former_names",
    "github_login",
    "high_water_mark",
    "masked_identity",
    "matched_text",
    "tags_json",
}


def test_each_text_column_is_listed() -> None:
    known = (
        privacy.PERSON_COLUMNS
        | privacy.OPAQUE_COLUMNS
        | privacy.MIXED_COLUMNS
        | privacy.SAFE_COLUMNS
        | {privacy.REPOSITORY_COLUMN}
        | PERSONAL
    )
    unlisted = {
        f"{name}.{column['name']}"
        for name, mart in MARTS.items()
        for column in mart["columns"].values()
        if "varchar" in column["data_type"] and column["name"] not in known
    }

    assert not unlisted, "list them in publishing/privacy.py (SAFE_COLUMNS), or as PERSONAL here"


def test_the_counts_of_people_are_there() -> None:
    counts = {table: (column,) for table, column in privacy.PEOPLE_COUNTS.items()}
    for table, columns in {**counts, **privacy.ALL_PEOPLE_COUNTS}.items():
        assert MARTS[table]["columns"].keys() >= set(columns), (table, columns)


def test_the_readme_names_the_tables_that_are_empty_for_teams() -> None:
    listed = {
        *privacy.KEPT_TABLES,
        *privacy.PEOPLE_COUNTS,
        *privacy.ALL_PEOPLE_COUNTS,
        *privacy.ADDED_TABLES,
        *privacy.MIXED_TABLES,
    }
    readme = (Path(privacy.__file__).parent / "README.md").read_text()
    paragraph = readme.split("Empty at level `team`:")[1].split("\n\n")[0]
    named = set(re.findall(r"`(\w+)`", paragraph)) & MARTS.keys()

    assert named - {"cost_per_outcome_monthly"} == MARTS.keys() - listed


def test_the_numbers_that_are_added_up_can_be_added() -> None:
    for table in privacy.ADDED_TABLES:
        for column in MARTS[table]["columns"].values():
            is_number = column["data_type"].startswith(("bigint", "decimal", "double", "integer"))
            ends = ("_tokens", "_usd", "_count", "_ratio", "_added", "_removed", "_sessions")
            assert not is_number or column["name"].endswith(ends), (table, column["name"])
