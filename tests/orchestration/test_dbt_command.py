"""What is changed of dbt, and of Dagster's way to start it, is still there and works."""

from __future__ import annotations

import io

import pytest
from dagster_dbt import DbtCliResource
from dbt_common.events.base_types import EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.logger import LineFormat, LoggerConfig
from dbt_common.events.types import Note

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


def test_dagster_asks_dbt_for_nothing_before_it_starts_it() -> None:
    overridden = {name for name in vars(Dbt) if name.startswith(("_cli", "_initialize"))}

    assert overridden == {"_cli_version", "_initialize_dbt_core_adapter"}
    assert all(hasattr(DbtCliResource, name) for name in overridden)
    assert dbt_resource()._cli_version.major == 1
