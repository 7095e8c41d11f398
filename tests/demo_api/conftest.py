"""Clients of the demo server; the servers listen on loopback and nothing else is contacted."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
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
