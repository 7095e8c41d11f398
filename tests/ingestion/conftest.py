"""Demo servers to load from: one for all tests that only break requests, or one of a test's own."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Callable, Iterator

import pytest
from ingestion_bench import Bench, assert_without_secrets

from demo_api import DemoServer
from demo_api.organisation import Organisation, build_organisation


@pytest.fixture(scope="session")
def shared_server() -> Iterator[DemoServer]:
    with DemoServer() as server:
        yield server


@pytest.fixture(scope="session")
def new_organisation() -> Callable[[], Organisation]:
    kept = pickle.dumps(build_organisation())
    return lambda: pickle.loads(kept)


@pytest.fixture
def bench(shared_server: DemoServer, settings_for) -> Iterator[Bench]:
    """A bench whose server may fail, but whose world stays as it is."""
    shared_server.requests.clear()
    made = Bench(shared_server, settings_for(shared_server))
    yield made
    made.close()
    shared_server.faults.clear()


@pytest.fixture
def own(new_organisation: Callable[[], Organisation], settings_for) -> Iterator[Bench]:
    """A bench with a world of its own, to change."""
    with DemoServer(new_organisation()) as server:
        made = Bench(server, settings_for(server))
        yield made
        made.close()


@pytest.fixture
def both(new_organisation: Callable[[], Organisation], settings_for) -> Iterator[Bench]:
    """A bench with a world of its own and the keys of both organisations."""
    with DemoServer(new_organisation()) as server:
        made = Bench(server, settings_for(server, anthropic_analytics_key=server.enterprise_key))
        yield made
        made.close()


@pytest.fixture(autouse=True)
def discreet_logs(shared_server: DemoServer, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No test logs a key or a mail address."""
    caplog.set_level(logging.INFO)
    yield
    for when in ("setup", "call"):
        for record in caplog.get_records(when):
            assert_without_secrets(record.getMessage(), shared_server)
