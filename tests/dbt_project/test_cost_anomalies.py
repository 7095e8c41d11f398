"""The alarms, back-tested on the demo organisation: its planted runaways and nothing else."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hand_made_warehouse import Warehouse

from demo_api.organisation import Organisation, build_organisation
from demo_api.truth import compute_truth

PERSON_MONTHS_PER_FALSE_ALARM = 100
_USAGE = """
    create table marts.fct_claude_code_model_usage_daily as
    select
        cast(day as date) as usage_date, actor as actor_key,
        if(is_user, 'user_actor', 'api_actor') as actor_type,
        coalesce(person, 'unknown') as person_key,
        model, input as input_tokens, output as output_tokens, read as cache_read_tokens,
        creation as cache_creation_tokens,
        cast(cents * 0.01 as decimal(18, 6)) as estimated_cost_usd,
        true as is_complete_day
    from uses
"""
_BILL = """
    create table marts.fct_billed_costs_daily as
    select
        cast(day as date) as usage_date, 'analytics_cost' as cost_source,
        coalesce(workspace, 'default') as workspace_id, 'unknown' as person_key,
        cast(cents * 0.01 as decimal(18, 6)) as billed_cost_usd, true as is_complete_day
    from lines
"""
_PEOPLE = """
    create table intermediate.int_people_known as
    select distinct
        coalesce(person, 'unknown') as person_key,
        person is not null as is_human
    from uses
"""
# Without any, all days are built.
_FINGERPRINTS = """
    create table intermediate.int_day_fingerprints (
        input varchar, usage_date date, fingerprint hugeint
    )
"""


def _uses(organisation: Organisation) -> pa.Table:
    rows = [
        {
            "day": record.day,
            "is_user": record.is_user,
            "actor": record.actor.lower(),
            "person": record.person_email,
            "model": use.model,
            "input": use.input,
            "output": use.output,
            "read": use.cache_read,
            "creation": use.cache_creation,
            "cents": use.estimated_cents,
        }
        for records in organisation.records.values()
        for record in records
        for use in record.models
    ]
    return pa.Table.from_pylist(rows)


def _lines(organisation: Organisation) -> pa.Table:
    rows = [
        {"day": day, "workspace": line.workspace_id, "cents": float(line.amount_cents)}
        for day in organisation.days
        for line in organisation.bill(day)
    ]
    return pa.Table.from_pylist(rows)


@pytest.fixture(scope="module")
def alarms(
    tmp_path_factory: pytest.TempPathFactory, target: Path
) -> list[tuple[date, str, str, str, str]]:
    """Day, kind of scope, scope, kind of driver and driver of every alarm."""
    organisation = build_organisation()
    made = Warehouse(tmp_path_factory.mktemp("alarms"), target)
    with duckdb.connect(str(made.path)) as connection:
        connection.execute("create schema marts")
        connection.execute("create schema intermediate")
        connection.register("uses", _uses(organisation))
        connection.register("lines", _lines(organisation))
        for statement in (_USAGE, _BILL, _PEOPLE, _FINGERPRINTS):
            connection.execute(statement)
    models = ("int_costs_billed", "int_cost_series", "int_cost_baselines", "int_cost_anomalies")
    made.dbt("run", "--select", *models)
    found: list[tuple[date, str, str, str, str]] = made.rows(
        "select usage_date, scope_type, scope_id, driver_type, driver_id"
        " from intermediate.int_cost_anomalies order by all"
    )
    return found


def test_the_planted_runaways_are_found_in_two_days_and_nothing_else(
    alarms: list[tuple[date, str, str, str, str]],
) -> None:
    truth = compute_truth(build_organisation())
    assert len(truth.runaways) == 3
    planted = {date.fromisoformat(day) for one in truth.runaways for day in one.days}
    for runaway in truth.runaways:
        days = {date.fromisoformat(day) for day in runaway.days}
        named = [
            day
            for day, _, scope, driver_type, driver in alarms
            if day in days and runaway.subject in (scope, driver) and driver_type == runaway.driver
        ]
        assert named, runaway
        assert (min(named) - min(days)).days < 2, runaway
    false_alarms = [alarm for alarm in alarms if alarm[0] not in planted]
    subjects = {runaway.subject for runaway in truth.runaways}
    false_alarms += [
        alarm
        for alarm in alarms
        if alarm[0] in planted and alarm[1] in ("person", "actor_key") and alarm[2] not in subjects
    ]
    person_months = truth.active_people * 3
    assert len(false_alarms) * PERSON_MONTHS_PER_FALSE_ALARM <= person_months, false_alarms


def test_what_explains_a_larger_scope_is_named(
    alarms: list[tuple[date, str, str, str, str]],
) -> None:
    larger = {alarm[3:] for alarm in alarms if alarm[1] in ("workspace", "model")}
    assert ("actor_key", "ci-nightly") in larger
    assert ("person", "jonas.weber@larkfield.example") in larger
