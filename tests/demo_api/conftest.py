"""Clients of the demo server; the servers listen on loopback and nothing else is contacted."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from analytics_clients import Clock, client
from demo_clients import GraphQL, anthropic_client, github_client, graphql

from demo_api import DemoServer


@pytest.fixture(scope="session")
def server() -> Iterator[DemoServer]:
    """One server for all tests that only read."""
    with DemoServer() as running:
        yield running


@pytest.fixture
def own_server() -> Iterator[DemoServer]:
    """A server of the test's own, to break and to change."""
    with DemoServer() as running:
        yield running


@pytest.fixture(scope="session")
def admin(server: DemoServer) -> Iterator[httpx.Client]:
    with anthropic_client(server) as client:
        yield client


@pytest.fixture(scope="session")
def github(server: DemoServer) -> Iterator[httpx.Client]:
    with github_client(server) as client:
        yield client


@pytest.fixture(scope="session")
def ask(github: httpx.Client) -> GraphQL:
    return lambda query, **variables: graphql(github, query, **variables)


@pytest.fixture
def own_admin(own_server: DemoServer) -> Iterator[httpx.Client]:
    with anthropic_client(own_server) as client:
        yield client


@pytest.fixture
def own_ask(own_server: DemoServer) -> Iterator[GraphQL]:
    with github_client(own_server) as client:
        yield lambda query, **variables: graphql(client, query, **variables)


@pytest.fixture(scope="session")
def larkfield() -> Iterator[DemoServer]:
    """One server whose clock stands after the story, for tests that only read the analytics."""
    with DemoServer(now=Clock()) as running:
        yield running


@pytest.fixture(scope="module")
def reader(larkfield: DemoServer, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    with client(larkfield, getattr(larkfield, request.module.READER_KEY)) as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def own(clock: Clock) -> Iterator[DemoServer]:
    """A server of the test's own, whose clock it may move."""
    with DemoServer(now=clock) as running:
        yield running


@pytest.fixture
def own_reader(own: DemoServer, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    with client(own, getattr(own, request.module.READER_KEY)) as running:
        yield running
