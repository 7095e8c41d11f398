"""Write what dbt knows of the registers of sources and reports: `make registers`.

Jinja reads no Python, so the macro and the source files are made of `ingestion/sources.py`:
docs/decisions/0032-registers.md. So is the SQL that a gateway's administrator runs. A test says
when any is out of date.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from textwrap import fill

from ingestion.litellm import reader
from ingestion.reports import Report, Staged
from ingestion.source import Source
from ingestion.sources import SOURCES

PROJECT = Path(__file__).parent
_WARNING = "Made by `make registers` of ingestion/sources.py: changes by hand are lost."
MACRO = PROJECT / "macros" / "registers.sql"


def files() -> dict[Path, str]:
    """Return the text of each file that is made of the registers."""
    folder = PROJECT / "models" / "staging"
    sources = {folder / one.name / f"_{one.name}__sources.yml": _yaml(one) for one in SOURCES}
    return {MACRO: _macro(), reader.FILE: reader.reader_sql(), **sources}


def _macro() -> str:
    entries = ",\n".join(
        _literal(_entry(source, report)) for source in SOURCES for report in source.reports
    )
    sources = ",\n".join(
        f"        {_value({'name': source.name, 'has_days': bool(source.reports)})}"
        for source in SOURCES
    )
    return f"""\
{{#- {_WARNING} -#}}

{{% macro sources() -%}}
    {{#- All sources, and whether they have reports by day. -#}}
    {{{{ return([
{sources}
    ]) }}}}
{{%- endmacro %}}

{{% macro reports() -%}}
    {{#- The reports by day of all sources, with the fields of their declarations: see
        ingestion/reports.py. `model` is the staging model of their records, `row_number` the
        column that numbers its rows. -#}}
    {{{{ return([
{entries}
    ]) }}}}
{{%- endmacro %}}
"""


def _literal(entry: dict[str, object]) -> str:
    fields = ",\n".join(f'            "{name}": {_value(one)}' for name, one in entry.items())
    return f"        {{\n{fields}\n        }}"


def _value(value: object) -> str:
    # Of JSON's words the one that Jinja does not know.
    return json.dumps(value).replace("null", "none")


def _entry(source: Source, report: Report) -> dict[str, object]:
    staged = [_staged(source, one) for one in report.staged]
    return {
        "source": source.name,
        "endpoint": report.table.name,
        "organization": report.organization,
        "family": report.family,
        "subject": report.subject,
        "preference": report.preference,
        "records": report.table.records,
        "model": staged[0]["model"],
        "row_number": "result_number" if report.table.records == "results" else "record_number",
        "is_by_actor": report.is_by_actor,
        "is_followed": report.is_followed,
        "staged": staged,
    }


def _staged(source: Source, one: Staged) -> dict[str, object]:
    return {
        "model": f"stg_{source.name}__{one.model}",
        "read": one.read,
        "items": one.items,
        "figures": one.figures,
        "by": one.by,
    }


def _yaml(source: Source) -> str:
    return "\n".join(_lines(source)) + "\n"


def _lines(source: Source) -> Iterator[str]:
    yield f"# {_WARNING}"
    yield from ("version: 2", "", "sources:", f"  - name: {source.schema}")
    yield f"    schema: {source.schema}"
    yield f"    description: >\n{_text(source.description, 6)}"
    yield "    tables:"
    for name, description in (
        *((table.name, table.description) for table in source.tables),
        *((kept.name, kept.description) for kept in source.kept),
    ):
        yield f"      - name: {name}\n        description: >\n{_text(description, 10)}"


def _text(text: str, indent: int) -> str:
    return fill(text, 100, initial_indent=" " * indent, subsequent_indent=" " * indent)


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text)
