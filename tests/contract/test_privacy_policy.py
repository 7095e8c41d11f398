"""Each text column of a mart is known to name people or not to."""

from __future__ import annotations

import re
from pathlib import Path

from publishing import privacy, quality, team_level
from tests.contract.test_dbt_project import MARTS

# Empty below level named.
PERSONAL = {
    "api_key_name",
    "display_name",
    "driver_name",
    "email_address",
    "error_message",
    "former_names",
    "gateway_key_alias",
    "github_login",
    "high_water_mark",
    "masked_identity",
    "matched_text",
    # Whoever made a deployment gave it a name of their own.
    "raw_model",
    "scope_name",
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


def test_texts_of_what_was_checked_are_the_projects_own() -> None:
    texts = {
        f"{name}.{column}"
        for name, table in quality.TABLES.items()
        for column, one in table.columns.items()
        if one.kind == "varchar"
    }

    # They are published at every level: nothing that is read of a source may join them.
    assert texts == {
        *(f"checks.{name}" for name in ("source", "table_name", "check_name")),
        *("checks.description", "checks.severity"),
        *(f"check_history.{name}" for name in ("source", "table_name", "check_name", "severity")),
        *(f"published_file.{name}_version" for name in ("project", "storage")),
        "published_file.privacy_level",
    }


def test_the_columns_that_are_told_are_there() -> None:
    for table, pieces in team_level.DISCLOSED_TABLES.items():
        columns = MARTS[table]["columns"].keys()
        for piece in pieces:
            assert columns >= {piece.period, *piece.measures, *piece.whole}, table
            assert set(piece.measures.values()) <= set(piece.figures.measures), table
            assert set(piece.figures.tables) <= MARTS.keys(), table
    for table, counted in team_level.COUNTED_TABLES.items():
        named = {counted.people, *counted.within, *counted.amounts, *counted.quantiles}
        assert MARTS[table]["columns"].keys() >= named | {counted.part or counted.people}, table
    columns = {name for mart in MARTS.values() for name in mart["columns"]}
    assert columns >= team_level.UNTOLD_COLUMNS | team_level.GIVEN_AMOUNTS


def test_a_figure_is_told_by_one_set_of_cells() -> None:
    told = [one.figures for pieces in team_level.DISCLOSED_TABLES.values() for one in pieces]
    by_name = {figures.name: figures for figures in told}

    assert all(by_name[figures.name] == figures for figures in told)
    # No table is in two lists.
    lists = (
        team_level.DISCLOSED_TABLES.keys(),
        team_level.COUNTED_TABLES.keys(),
        team_level.KEPT_TABLES,
        team_level.MIXED_TABLES,
    )
    assert sum(len(one) for one in lists) == len(set().union(*lists))


def test_the_readme_names_the_tables_that_are_empty_for_teams() -> None:
    listed = {
        *team_level.DISCLOSED_TABLES,
        *team_level.COUNTED_TABLES,
        *team_level.KEPT_TABLES,
        *team_level.MIXED_TABLES,
    }
    readme = (Path(privacy.__file__).parent / "README.md").read_text()
    paragraph = readme.split("Empty at level `team`:")[1].split("\n\n")[0]
    named = set(re.findall(r"`(\w+)`", paragraph)) & MARTS.keys()

    assert named == MARTS.keys() - listed
