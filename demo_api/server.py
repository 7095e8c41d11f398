"""All APIs on one loopback port, as a context manager."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Mount

from demo_api.anthropic import ENTERPRISE_SCOPES, AnthropicApi
from demo_api.changes import World
from demo_api.faults import Fault, FaultPlan, Storm
from demo_api.freshness import Freshness, real_now
from demo_api.gateway import TAG_NAMESPACE
from demo_api.git_store import GitHubData
from demo_api.github import GitHubApi
from demo_api.litellm import LiteLlmApi, spend_log
from demo_api.loopback import LoopbackServer
from demo_api.organisation import Organisation, build_organisation
from demo_api.salt import SALT
from demo_api.teams import write_seeds
from demo_api.truth import GroundTruth, compute_truth
from demo_api.wire import RecordedRequest, Wire

# Put together from parts so that no scanner takes them for real secrets.
DEMO_ADMIN_KEY = "-".join(("sk", "ant", "admin01", "demo", "larkfield"))
DEMO_ENTERPRISE_KEY = "-".join(("sk", "ant", "api01", "demo", "larkfield"))
DEMO_GITHUB_TOKEN = "_".join(("demo", "token", "larkfield"))
DEMO_GATEWAY_KEY = "-".join(("sk", "demo", "gateway", "larkfield"))


class DemoServer(LoopbackServer):
    """Serves an organisation on ``127.0.0.1`` from entering the context until leaving it.

    ``github`` replaces the organisation's own repositories, for example with real histories of
    ``load_rest_history``. ``rate_limit_headers=False`` behaves as an Enterprise Server without
    limits. ``faults`` is a list of ``Fault`` or a ``storm``; ``server.faults`` changes it later.
    ``now`` is the clock the date rules of the analytics APIs go by. ``console_analytics`` says
    whether the Admin key may read them; ``enterprise_scopes`` what the Enterprise key may read,
    ``enterprise_requests_per_minute`` how often (the documented bound is 60; null for none).

    ``server.world`` holds what a test may change between two runs, ``server.truth()`` what the
    right answers are now, ``server.requests`` what was asked. The requests' headers hold the keys.
    """

    def __init__(
        self,
        organisation: Organisation | None = None,
        github: GitHubData | None = None,
        faults: Iterable[Fault] | Storm = (),
        *,
        admin_key: str = DEMO_ADMIN_KEY,
        enterprise_key: str = DEMO_ENTERPRISE_KEY,
        enterprise_scopes: tuple[str, ...] = ENTERPRISE_SCOPES,
        enterprise_requests_per_minute: int | None = None,
        console_analytics: bool = True,
        now: Callable[[], datetime] = real_now,
        github_token: str = DEMO_GITHUB_TOKEN,
        rate_limit_headers: bool = True,
        graphql_points: int = 5_000,
        port: int = 0,
    ) -> None:
        self.organisation = organisation or build_organisation()
        self.github = github or self.organisation.github
        self.admin_key = admin_key
        self.enterprise_key = enterprise_key
        self.github_token = github_token
        self.faults = FaultPlan(faults)
        lock = threading.RLock()
        self.github_api = GitHubApi(
            self.github, token=github_token, limited=rate_limit_headers, points=graphql_points
        )
        anthropic = AnthropicApi(
            self.organisation,
            admin_key=admin_key,
            enterprise_key=enterprise_key,
            enterprise_scopes=enterprise_scopes,
            enterprise_requests_per_minute=enterprise_requests_per_minute,
            console_analytics=console_analytics,
            freshness=Freshness(now),
        )
        self.world = World(self.organisation, self.github, lock, anthropic)
        self.gateway_api = LiteLlmApi(
            (spend_log(one) for rows in self.organisation.gateway.values() for one in rows),
            key=DEMO_GATEWAY_KEY,
        )
        routes = [
            Mount("/github", routes=self.github_api.routes()),
            Mount("/litellm", routes=self.gateway_api.routes()),
            *anthropic.routes(),
        ]
        self._wire = Wire(Starlette(routes=routes), self.faults, lock)
        super().__init__(self._wire, port=port)

    @property
    def github_api_url(self) -> str:
        """Root of GitHub's REST API."""
        return f"{self.url}/github"

    @property
    def github_graphql_url(self) -> str:
        """Address of GitHub's GraphQL API."""
        return f"{self.github_api_url}/graphql"

    @property
    def requests(self) -> list[RecordedRequest]:
        """All requests so far, in order of arrival."""
        return self._wire.requests

    @property
    def environment(self) -> dict[str, str]:
        """Variables that point the pipeline at this server: the Console organisation, GitHub."""
        return {
            "ANTHROPIC_ADMIN_KEY": self.admin_key,
            "ANTHROPIC_BASE_URL": self.url,
            "GITHUB_TOKEN": self.github_token,
            "GITHUB_API_URL": self.github_api_url,
            "GITHUB_GRAPHQL_URL": self.github_graphql_url,
            "GITHUB_ORG": self.organisation.github_login,
        }

    @property
    def gateway_environment(self) -> dict[str, str]:
        """Variables that point the pipeline at the gateway of one of its teams."""
        return {
            "LITELLM_BASE_URL": f"{self.url}/litellm",
            "LITELLM_API_KEY": self.gateway_api.key,
            "LITELLM_TAG_NAMESPACE": TAG_NAMESPACE,
            "IDENTITY_SALT": SALT,
        }

    @property
    def enterprise_environment(self) -> dict[str, str]:
        """The same with the key of the Enterprise organisation beside the Console's."""
        return self.environment | {"ANTHROPIC_ANALYTICS_KEY": self.enterprise_key}

    def truth(self, **window: str) -> GroundTruth:
        """Return the right answers as the world is now; see ``compute_truth``."""
        return compute_truth(self.organisation, github=self.github, **window)


def serve_until_interrupted(
    port: int, *, enterprise: bool = False, seeds: Path | None = None
) -> None:
    """Serve the demo organisation, print how to use it, and wait for Ctrl-C.

    Its teams and budgets, which no API tells, are written into the folder ``seeds``.
    """
    with DemoServer(port=port) as server:
        print("# The demo organisation is being served; Ctrl-C ends it.")
        environment = server.enterprise_environment if enterprise else server.environment
        environment |= server.gateway_environment
        for name, value in environment.items():
            print(f"export {name}={value}")
        if seeds is not None:
            folder = write_seeds(server.organisation.people, seeds)
            print(f"export SEEDS_PATH={folder.resolve()}")
        print(
            f"# days {server.organisation.first_day} to {server.organisation.last_day} (UTC), "
            f"process {os.getpid()}",
            flush=True,
        )
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print("# stopped")
