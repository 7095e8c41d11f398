"""What each figure, chart and table of the pages declares is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from dashboard import charts
from dashboard.model import Chart, Figure, Table
from dashboard.pages import PAGES
from publishing import quality

MODELS = Path(__file__).parents[2] / "dbt_project" / "models"
DECLARED = [(page, part) for page in PAGES for part in (*page.figures, *page.parts.values())]
IDS = [f"{page.id}-{part.id}" for page, part in DECLARED]
VARIABLES = {
    "first_day": "dates",
    "last_day": "dates",
    "team": "team",
    "repository": "repository",
    "model": "model",
    "workspace": "workspace",
    "person": "person",
}


@pytest.fixture(scope="module")
def described() -> set[str]:
    """Return ``table.column`` of every column of the file that has a description."""
    found = {
        f"quality.{name}.{column}"
        for name, table in quality.TABLES.items()
        for column in table.columns
    }
    for path in (*MODELS.glob("core/**/*.yml"), *MODELS.glob("marts/**/*.yml")):
        for model in yaml.safe_load(path.read_text()).get("models", []):
            found |= {
                f"{model['name']}.{column['name']}"
                for column in model.get("columns", [])
                if column.get("description")
            }
    return found


def test_ids_are_one_each() -> None:
    assert len({page.id for page in PAGES}) == len(PAGES)
    for page in PAGES:
        ids = [one.id for one in page.figures]
        ids += [part.id for section in page.sections for part in section.parts]
        assert len(set(ids)) == len(ids), page.id
    parts: dict[str, Table] = {}
    for page in PAGES:
        for name, part in page.parts.items():
            # An address of a file names no page.
            assert parts.setdefault(name, part) is part, name


@pytest.mark.parametrize("part", [part for _, part in DECLARED], ids=IDS)
def test_the_filters_said_to_apply_are_those_the_sql_reads(part: Figure | Table) -> None:
    # How many rows are shown is no filter.
    read = set(re.findall(r"getvariable\('(\w+)'\)", part.sql)) - {"most_rows"}
    assert read <= VARIABLES.keys()
    if not isinstance(part, Figure) or "dates" in part.filters:
        assert {VARIABLES[name] for name in read} == part.filters
    else:
        # As of the last day that is asked for: nothing to compare with.
        assert {VARIABLES[name] for name in read - {"last_day"}} == part.filters


@pytest.mark.parametrize("part", [part for _, part in DECLARED], ids=IDS)
def test_each_has_a_definition_that_the_file_tells(
    part: Figure | Table, described: set[str]
) -> None:
    assert part.definition in described


@pytest.mark.parametrize(
    "chart", [part for _, part in DECLARED if isinstance(part, Chart)], ids=lambda one: one.id
)
def test_each_chart_says_in_words_what_it_shows(chart: Chart) -> None:
    specification = charts.specification(chart)

    assert chart.says
    assert specification["description"] == chart.says
    # What is drawn is what the query answers.
    drawn = set(re.findall(r'"field": "(\w+)"', str(specification).replace("'", '"')))
    made = set(re.findall(r'"as": "(\w+)"', str(specification).replace("'", '"')))
    assert {name for name in drawn - made - {"letter"} if name not in chart.sql} == set()
