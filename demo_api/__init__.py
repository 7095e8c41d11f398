"""An invented organisation behind real HTTP servers, with its own ground truth.

    with DemoServer() as server:
        ...  # point a client at server.environment, compare with server.truth()

Nothing of the pipeline is imported here: this room is also its test bench.
"""

from __future__ import annotations

from demo_api.faults import (
    Fault,
    FaultPlan,
    Storm,
    expired_cursor,
    past_reset,
    spend_cap,
    storm,
)
from demo_api.git_store import GitHubData
from demo_api.organisation import Organisation, build_organisation
from demo_api.rest_history import load_rest_history
from demo_api.server import DEMO_ADMIN_KEY, DEMO_ENTERPRISE_KEY, DemoServer
from demo_api.truth import GroundTruth, compute_truth

__all__ = [
    "DEMO_ADMIN_KEY",
    "DEMO_ENTERPRISE_KEY",
    "DemoServer",
    "Fault",
    "FaultPlan",
    "GitHubData",
    "GroundTruth",
    "Organisation",
    "Storm",
    "build_organisation",
    "compute_truth",
    "expired_cursor",
    "load_rest_history",
    "past_reset",
    "spend_cap",
    "storm",
]
