"""Each text column of a mart is known to name people or not to."""

from __future__ import annotations

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
    for table, column in privacy.PEOPLE_COUNTS.items():
        if table in MARTS:
            assert column in MARTS[table]["columns"], (table, column)
