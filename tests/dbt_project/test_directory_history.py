"""Keys and workspace roles over time, against what the directory was at each reading."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hand_made_warehouse import Warehouse

from demo_api import DemoServer
from demo_api.organisation import Organisation
from ingestion import warehouse
from ingestion.anthropic.endpoints import DIRECTORIES
from ingestion.anthropic.load import load_anthropic
from ingestion.settings import Settings

NOW = datetime(2026, 11, 20, 12)
HOUR = timedelta(hours=1)
LATE_KEY = "apikey_late"
MARTS = ("dim_api_key_history", "dim_workspace_member_history")
NO_TESTS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")


@dataclass
class Truth:
    """What was so at each reading: of each key and each member, or nothing while there was none."""

    keys: list[dict[str, tuple[Any, ...]]] = field(default_factory=list)
    roles: list[dict[tuple[str, str], tuple[Any, ...]]] = field(default_factory=list)
    # Of those who were in the directory at any reading: of others nothing leads to a person.
    emails: dict[str, str] = field(default_factory=dict)

    def note(self, organisation: Organisation) -> None:
        """Note what the directory lists now."""
        self.emails |= {
            person.user_id: person.email for person in organisation.people if person.is_in_directory
        }
        emails = self.emails
        live = {one.workspace_id for one in organisation.workspaces if one.archived_at is None}
        self.keys.append(
            {
                key.api_key_id: (
                    key.name,
                    key.status,
                    key.workspace.reported_id or "default",
                    emails.get(key.created_by_id or "") if key.created_by_type == "user" else None,
                )
                for key in organisation.api_keys
                if key.is_listed
            }
        )
        listed = {one.user_id for one in organisation.people if one.is_in_directory}
        self.roles.append(
            {
                (member.workspace_id, emails[member.user_id]): (member.workspace_role,)
                for member in organisation.members
                # Members of archived workspaces are not asked for.
                if member.user_id in listed and member.workspace_id in live
            }
        )


def stretches(readings: list[dict[Any, tuple[Any, ...]]]) -> set[tuple[Any, ...]]:
    """Return entity, state, since and until; null since the first reading and until now."""
    found = set()
    for entity in set().union(*readings):
        states = [reading.get(entity) for reading in readings] + [None]
        began = 0
        for place in range(1, len(states)):
            if states[place] == states[began] and place < len(readings):
                continue
            if states[began] is not None:
                found.add(
                    (
                        entity,
                        *states[began],
                        NOW + began * HOUR if began else None,
                        NOW + place * HOUR if place < len(readings) else None,
                    )
                )
            began = place
    return found


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory, target: Path) -> tuple[Warehouse, Truth]:
    """A warehouse of five readings of directories that changed between them, and what was so."""
    made, truth = Warehouse(tmp_path_factory.mktemp("history"), target), Truth()
    with DemoServer() as server:
        organisation, world = server.organisation, server.world
        key = next(one for one in organisation.api_keys if one.is_listed)
        member = organisation.members[0]
        left = next(
            one for one in organisation.people if one.user_id == organisation.members[5].user_id
        )

        def change_key() -> None:
            key.status = "inactive"
            member.workspace_role = "workspace_billing"

        def come_and_go() -> None:
            organisation.api_keys.append(
                replace(
                    key,
                    api_key_id=LATE_KEY,
                    name="late",
                    created_at=(NOW + 1.5 * HOUR).isoformat() + "Z",
                )
            )
            world.remove_api_key("ci-nightly")
            world.remove_user(left.email)

        def come_back() -> None:
            left.is_in_directory = True
            key.status = "active"

        steps: list[Callable[[], None]] = [
            lambda: None,
            change_key,
            come_and_go,
            come_back,
            lambda: None,
        ]
        for number, step in enumerate(steps):
            step()
            truth.note(organisation)
            report = load_anthropic(
                Settings(
                    anthropic_admin_key=server.admin_key,
                    anthropic_base_url=server.url,
                    warehouse_path=made.path,
                ),
                run_id=f"reading {number}",
                report_days={},
                now=(NOW + number * HOUR).replace(tzinfo=UTC).timestamp,
                directories=[one.table for one in DIRECTORIES if one.organization == "console"],
            )
            assert report.failures == []
    with warehouse.prepared(made.path):
        pass
    made.dbt("build", *NO_TESTS, "--select", "+dim_people", *(f"+{mart}" for mart in MARTS))
    made.dbt("test", "--select", "assert_directory_stretches_do_not_overlap")
    return made, truth


def test_each_state_of_each_key_is_told(read: tuple[Warehouse, Truth]) -> None:
    made, truth = read
    said = made.rows(
        """
        select api_key_id, api_key_name, api_key_status, workspace_id, email_address,
            valid_from, valid_to
        from marts.dim_api_key_history
        join marts.dim_people on created_by_person_key = person_key
        """
    )
    # A key that came later began when it was made.
    expected = {
        (*row[:-2], NOW + 1.5 * HOUR, row[-1]) if row[0] == LATE_KEY else row
        for row in stretches(truth.keys)
    }
    assert set(said) == expected
    assert len(said) == len(truth.keys[0]) + 3
    assert {row[0] for row in said if row[-1] is None} == truth.keys[-1].keys()


def test_each_role_of_each_member_is_told(read: tuple[Warehouse, Truth]) -> None:
    made, truth = read
    said = {
        ((workspace, email), *state)
        for workspace, email, *state in made.rows(
            """
            select workspace_id, email_address, workspace_role, valid_from, valid_to
            from marts.dim_workspace_member_history
            join marts.dim_people using (person_key)
            """
        )
    }
    assert said == stretches(truth.roles)
    assert len(said) > len(truth.roles[0]) + 1
