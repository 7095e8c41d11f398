"""What is changed of dbt, and of Dagster's way to start it, is still there and works."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import pytest
from dagster_dbt import DbtCliResource
from dbt.context.macros import MacroNamespace
from dbt_common.clients import agate_helper
from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.logger import LineFormat, LoggerConfig
from dbt_common.events.types import Formatting, Note

from orchestration import dbt_command
from orchestration.assets.transformations import Dbt, dbt_resource


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> EventManager:
    monkeypatch.setattr(EventManager, "fire_event", EventManager.fire_event)
    dbt_command._fire_no_debug_events_in_vain()
    return EventManager()


def log_of(manager: EventManager, level: EventLevel) -> tuple[io.StringIO, list[str]]:
    """Add a log of a level; return it, and the levels of the events it was offered."""
    written, offered = io.StringIO(), list[str]()

    def note(message: object) -> bool:
        offered.append(message.info.level)  # type: ignore[attr-defined]
        return True

    manager.add_logger(
        LoggerConfig(
            name=f"test_{level}",
            level=level,
            filter=note,
            line_format=LineFormat.Json,
            output_stream=written,
        )
    )
    return written, offered


def test_a_debug_event_that_no_log_is_to_have_is_not_even_offered(manager: EventManager) -> None:
    written, offered = log_of(manager, EventLevel.INFO)

    manager.fire_event(Note(msg="a detail"), level=EventLevel.DEBUG)
    manager.fire_event(Note(msg="a result"), level=EventLevel.INFO)

    assert offered == ["info"]
    assert "a result" in written.getvalue()


def test_a_log_for_debugging_has_all_events(manager: EventManager) -> None:
    log_of(manager, EventLevel.INFO)
    written, offered = log_of(manager, EventLevel.DEBUG)

    manager.fire_event(Note(msg="a detail"), level=EventLevel.DEBUG)
    manager.fire_event(Note(msg="a result"), level=EventLevel.INFO)

    assert offered == ["debug", "info"]
    assert "a detail" in written.getvalue()


def test_an_event_is_made_when_it_is_fired_or_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("__init__", "__getattr__", "__setattr__"):
        monkeypatch.setattr(BaseEvent, name, getattr(BaseEvent, name))
    dbt_command._read_events_when_they_are_fired()

    event = Note(msg="a result")
    assert "pb_msg" not in event.__dict__
    assert (event.message(), event.level_tag()) == ("a result", EventLevel.INFO)
    assert "pb_msg" in event.__dict__
    changed = Note(msg="a result")
    changed.msg = "another"
    assert changed.to_dict() == {"msg": "another"}
    assert Formatting("a line").message() == "a line"


def test_macros_are_looked_up_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MacroNamespace, "_search_order", MacroNamespace._search_order)
    layers: list[dict[str, Any]] = [{"b": "root", "c": "root"}, {"b": "own"}, {"c": "dbt", "d": 1}]
    namespace = [MacroNamespace(*layers, {"other": {"a": "theirs"}})]
    found = [dict(one) for one in namespace]

    dbt_command._look_macros_up_in_one_place()

    assert [dict(one) for one in namespace] == found
    assert found[0]["b"] == "own"
    assert found[0]["c"] == "root"
    with pytest.raises(KeyError):
        namespace[0]["e"]


def test_values_are_read_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agate_helper, "build_type_tester", agate_helper.build_type_tester)
    rows = [
        {"text": "x", "day": "2026-11-01", "number": Decimal("1.5"), "at": "2026-11-01 02:03:04"},
        {"text": None, "day": None, "number": None, "at": None},
    ]
    before = agate_helper.table_from_data_flat(rows, list(rows[0]))

    dbt_command._make_readers_of_values_once()

    for _ in range(2):
        after = agate_helper.table_from_data_flat(rows, list(rows[0]))
        assert [type(one) for one in after.column_types] == [
            type(one) for one in before.column_types
        ]
        assert [tuple(row) for row in after.rows] == [tuple(row) for row in before.rows]
    made = agate_helper.build_type_tester((), string_null_values=())
    assert agate_helper.build_type_tester((), string_null_values=()) is made
    assert agate_helper.build_type_tester(["text"], string_null_values=()) is not made


def test_dagster_asks_dbt_for_nothing_before_it_starts_it() -> None:
    overridden = {name for name in vars(Dbt) if name.startswith(("_cli", "_initialize"))}

    assert overridden == {"_cli_version", "_initialize_dbt_core_adapter"}
    assert all(hasattr(DbtCliResource, name) for name in overridden)
    assert dbt_resource()._cli_version.major == 1
