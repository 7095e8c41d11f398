"""What a GraphQL call costs, by GitHub's documented rule, and the points that are left.

Cost = number of connection requests / 100, rounded, at least 1; nodes = all that could come back.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)
from graphql.utilities import value_from_ast_untyped

from demo_api.text import instant


def measure(document: DocumentNode, variables: dict[str, Any]) -> tuple[int, int]:
    """Return ``(cost, node_count)`` of a call, as if each page came back full."""
    fragments = {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    requests = nodes = 0
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            found = _measure(definition.selection_set, 1, fragments, variables)
            requests, nodes = requests + found[0], nodes + found[1]
    return max(1, round(requests / 100)), nodes


def _measure(
    selections: SelectionSetNode | None,
    times: int,
    fragments: dict[str, FragmentDefinitionNode],
    variables: dict[str, Any],
) -> tuple[int, int]:
    requests = nodes = 0
    for selection in selections.selections if selections else ():
        inner, factor = None, times
        if isinstance(selection, FieldNode):
            inner = selection.selection_set
            size = _page_size(selection, variables)
            if size is not None:
                requests, nodes, factor = requests + times, nodes + times * size, times * size
        elif isinstance(selection, InlineFragmentNode):
            inner = selection.selection_set
        elif isinstance(selection, FragmentSpreadNode):
            inner = fragments[selection.name.value].selection_set
        found = _measure(inner, factor, fragments, variables)
        requests, nodes = requests + found[0], nodes + found[1]
    return requests, nodes


def _page_size(node: FieldNode, variables: dict[str, Any]) -> int | None:
    for argument in node.arguments:
        if argument.name.value in ("first", "last"):
            value = value_from_ast_untyped(argument.value, variables)
            return value if isinstance(value, int) else None
    return None


@dataclass
class Budget:
    """Points of one hour. ``points`` 0 or less from the start means exhausted, not unlimited.

    ``refused`` counts the requests that asked for more than was left.
    """

    points: int = 5_000
    window_seconds: int = 3_600
    used: int = 0
    refused: int = 0
    reset_at: float = field(default_factory=lambda: time.time() + 3_600)

    def _roll(self) -> None:
        if time.time() >= self.reset_at:
            self.used, self.reset_at = 0, time.time() + self.window_seconds

    def spend(self, cost: int) -> bool:
        """Take ``cost`` points; false, and nothing taken, when they are not there."""
        self._roll()
        if self.used + cost > self.points:
            self.refused += 1
            return False
        self.used += cost
        return True

    @property
    def remaining(self) -> int:
        return max(self.points - self.used, 0)

    def headers(self, resource: str) -> dict[str, str]:
        """Return the ``x-ratelimit-*`` headers as of now."""
        return {
            "x-ratelimit-limit": str(self.points),
            "x-ratelimit-remaining": str(self.remaining),
            "x-ratelimit-used": str(self.used),
            "x-ratelimit-reset": str(int(self.reset_at)),
            "x-ratelimit-resource": resource,
        }

    def answer(self, cost: int, node_count: int) -> dict[str, Any]:
        """Return the fields of GraphQL's ``rateLimit``."""
        return {
            "cost": cost,
            "limit": self.points,
            "node_count": node_count,
            "remaining": self.remaining,
            "reset_at": instant(datetime.fromtimestamp(self.reset_at, UTC)),
            "used": self.used,
        }
