"""What attacks on settings and files need beside them: APIs that answer as documented."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from demo_api import DemoServer


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with DemoServer() as running:
        yield running
