"""The bill as FOCUS: its columns are the specification's, and it sums to the bill."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from exports import focus, published, tables
from exports.published import ExportError
from exports.tables import Format

SAMPLES = Path(
    os.environ.get("SOURCE_SAMPLES_PATH", Path(__file__).parents[3] / "shared" / "data" / "sources")
)
MODEL_1_4 = SAMPLES / "focus" / "columns_1_4.csv"
# In a virtual environment of its own, as it needs Python 3.12 and older libraries than ours.
VALIDATOR = Path(__file__).parents[2] / ".ci" / "focus" / "bin" / "focus-validator"
# The report names no invoice. One rule asks for null then, another one, always, for none.
CONTRADICTED = {"InvoiceId-C-005-C"}
TYPES = {"Decimal": pa.types.is_decimal, "String": pa.types.is_string}


def write(file: Path, version: str, to: Path, kind: Format = Format.PARQUET) -> Path:
    with published.opened(file) as connection:
        tables.write(connection, focus.query(connection, version, None, None), kind, to)
    return to


@pytest.mark.parametrize("version", focus.VERSIONS)
def test_it_sums_to_the_bill(published_file: Path, tmp_path: Path, version: str) -> None:
    rows = pq.read_table(write(published_file, version, tmp_path / "a.parquet")).to_pylist()

    assert sum(row["BilledCost"] for row in rows) == Decimal("3.610001")
    assert len(rows) == 4
    by_cost = {row["BilledCost"]: row for row in rows}
    used, unknown = by_cost[Decimal("1.000001")], by_cost[Decimal("3.1")]
    assert used["ListCost"] == 2
    assert used["x_ListCostIsKnown"]
    assert (unknown["ListCost"], unknown["x_ListCostIsKnown"]) == (Decimal("3.1"), False)
    assert by_cost[Decimal("-0.5")]["ChargeCategory"] == "Credit"
    # Ends are exclusive.
    assert (used["ChargePeriodStart"], used["ChargePeriodEnd"]) == (
        "2026-10-31T00:00:00Z",
        "2026-11-01T00:00:00Z",
    )
    assert (used["BillingPeriodStart"], used["BillingPeriodEnd"]) == (
        "2026-10-01T00:00:00Z",
        "2026-11-01T00:00:00Z",
    )
    assert json.loads(used["Tags"]) == {"cost_center": "cc-1", "product": "claude_code"}
    assert json.loads(unknown["Tags"]) == {}
    assert unknown["SubAccountName"] == "gone"


def test_days_are_chosen_and_none_is_said(published_file: Path) -> None:
    with published.opened(published_file) as connection:
        day = duckdb.sql("select date '2026-11-01'").fetchall()[0][0]
        query = focus.query(connection, "1.2", day, day)
        assert connection.execute(f"select count(*) from ({query})").fetchall() == [(2,)]
        with pytest.raises(ExportError, match="nothing is billed"):
            focus.query(connection, "1.2", day.replace(year=2030), None)
        with pytest.raises(ExportError, match=r"1\.2, 1\.4"):
            focus.query(connection, "1.3", None, None)


def test_its_columns_are_those_of_1_4(published_file: Path, tmp_path: Path) -> None:
    if not MODEL_1_4.exists():
        pytest.skip(f"no {MODEL_1_4} (SOURCE_SAMPLES_PATH)")
    with MODEL_1_4.open() as file:
        rows = [row for row in csv.DictReader(file) if row["dataset"] == "Cost and Usage"]
    model = {row["column"]: row for row in rows}
    table = pq.read_table(write(published_file, "1.4", tmp_path / "a.parquet"))

    own = {name for name in table.column_names if name.startswith("x_")}
    assert set(table.column_names) - own <= set(model)
    mandatory = {name for name, row in model.items() if row["feature_level"] == "Mandatory"}
    assert mandatory <= set(table.column_names)
    assert all(re.fullmatch(r"x_[A-Z]\w*", name) for name in own)
    for name in set(table.column_names) - own:
        field = table.schema.field(name)
        if model[name]["data_type"] in TYPES:
            assert TYPES[model[name]["data_type"]](field.type), name
        if model[name]["allows_nulls"] == "False":
            assert table[name].null_count == 0, name


def failed_rules(file: Path, folder: Path) -> set[str]:
    """Return the rules that the validator finds broken; its exit status says nothing."""
    (rules,) = VALIDATOR.parents[1].rglob("focus_validator/rules/currency_codes.csv")
    # It reads this file by a path from where it is called.
    beside = folder / "focus_validator" / "rules"
    beside.mkdir(parents=True)
    shutil.copy(rules, beside)
    finished = subprocess.run(
        [
            *(VALIDATOR, "--data-file", file, "--validate-version", "1.2"),
            *("--focus-dataset", "CostAndUsage", "--block-download"),
            *("--applicability-criteria", "SUB_ACCOUNT_SUPPORTED,TAGGING_SUPPORTED"),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    output = finished.stdout + finished.stderr
    counted = re.search(r"Pass: (\d+) \| Fail: (\d+)", output)
    assert counted, output[-2000:]
    assert int(counted[1]) > 100
    failed = re.findall(r"([\w-]+): FAIL", output)
    assert len(failed) == int(counted[2])
    return set(failed)


@pytest.mark.skipif(not VALIDATOR.exists(), reason=f"no {VALIDATOR}: see docs/testing.md")
def test_the_validator_finds_one_rule_that_contradicts_another(
    published_file: Path, tmp_path: Path
) -> None:
    good = write(published_file, "1.2", tmp_path / "good.parquet")
    assert failed_rules(good, tmp_path / "good") == CONTRADICTED

    table = pq.read_table(good)
    place = table.column_names.index("BillingCurrency")
    bad = table.set_column(place, "BillingCurrency", pa.array(["dollars"] * table.num_rows))
    pq.write_table(bad, tmp_path / "bad.parquet")
    assert failed_rules(tmp_path / "bad.parquet", tmp_path / "bad") > CONTRADICTED


def test_a_bill_that_is_withheld_in_part_is_none(published_file: Path) -> None:
    with duckdb.connect(str(published_file)) as connection:
        connection.execute("update quality.published_file set privacy_level = 'team'")
    with (
        published.opened(published_file) as connection,
        pytest.raises(ExportError, match="no whole bill"),
    ):
        focus.query(connection, "1.2", None, None)
