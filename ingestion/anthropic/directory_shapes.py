"""The documented shapes of directories: pages of what exists now.

Facts: Anthropic Admin API reference and SDK, editions of August to November 2026.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from ingestion.anthropic.field_types import (
    Body,
    Count,
    ListPage,
    MaybeCents,
    MaybeCount,
    MaybeInstant,
    MaybeText,
    MaybeUsd,
    NotBlank,
)


class Organization(Body):
    id: NotBlank
    name: str


class ConsoleUser(Struct, gc=False):
    id: NotBlank
    email: NotBlank
    role: str
    name: MaybeText = UNSET
    added_at: MaybeInstant = UNSET


class EnterpriseUser(Struct, gc=False):
    id: NotBlank
    role: str
    email: MaybeText = UNSET
    name: MaybeText = UNSET
    added_at: MaybeInstant = UNSET


class DataResidency(Struct, gc=False):
    workspace_geo: MaybeText = UNSET
    default_inference_geo: MaybeText = UNSET


class Workspace(Struct, gc=False):
    id: NotBlank
    name: str
    created_at: MaybeInstant = UNSET
    archived_at: MaybeInstant = UNSET
    tags: dict[str, str | None] | UnsetType | None = UNSET
    data_residency: DataResidency | UnsetType | None = UNSET


class WorkspaceMember(Struct, gc=False):
    user_id: NotBlank
    workspace_id: NotBlank
    workspace_role: str


class KeyScope(Struct, gc=False):
    type: MaybeText = UNSET
    workspace_id: MaybeText = UNSET


class KeyCreator(Struct, gc=False):
    id: MaybeText = UNSET
    type: MaybeText = UNSET


class ApiKey(Struct, gc=False):
    id: NotBlank
    name: str
    status: str
    workspace_id: MaybeText = UNSET
    scope: KeyScope | UnsetType | None = UNSET
    created_by: KeyCreator | UnsetType | None = UNSET
    created_at: MaybeInstant = UNSET
    expires_at: MaybeInstant = UNSET


class LimitGroup(Struct, gc=False):
    type: str
    id: MaybeText = UNSET
    display_name: MaybeText = UNSET


class Limit(Struct, gc=False):
    type: str
    value: Count


class RateLimit(Struct, gc=False):
    limits: list[Limit]
    id: MaybeText = UNSET
    # Versions differ: a group, or its type alone.
    group: LimitGroup | UnsetType | None = UNSET
    group_type: MaybeText = UNSET
    models: list[str] | UnsetType | None = UNSET


class LimitSource(Struct, gc=False):
    type: MaybeText = UNSET


class WorkspaceLimit(Struct, gc=False):
    type: str
    value: MaybeCount = UNSET
    org_limit: MaybeCount = UNSET
    source: LimitSource | UnsetType | None = UNSET


class WorkspaceRateLimit(Struct, gc=False):
    limits: list[WorkspaceLimit]
    rate_limit_id: MaybeText = UNSET
    group: LimitGroup | UnsetType | None = UNSET
    group_type: MaybeText = UNSET
    models: list[str] | UnsetType | None = UNSET


class SpendScope(Struct, gc=False):
    type: str


class SpendLimit(Struct, gc=False):
    id: NotBlank
    scope: SpendScope
    period: str
    # Null is no limit.
    amount: MaybeCents = UNSET
    currency: MaybeUsd = UNSET
    is_enabled: bool | UnsetType | None = UNSET
    created_at: MaybeInstant = UNSET
    updated_at: MaybeInstant = UNSET


class LimitedActor(Struct, gc=False):
    user_id: MaybeText = UNSET
    email_address: MaybeText = UNSET
    deleted: bool | UnsetType | None = UNSET


class EffectiveScope(Struct, gc=False):
    type: MaybeText = UNSET
    user_id: MaybeText = UNSET


class EffectiveSpendLimit(Struct, gc=False):
    period: str
    actor: LimitedActor | UnsetType | None = UNSET
    scope: EffectiveScope | UnsetType | None = UNSET
    source: LimitSource | UnsetType | None = UNSET
    amount: MaybeCents = UNSET
    currency: MaybeUsd = UNSET
    spend_limit_id: MaybeText = UNSET
    period_to_date_spend: MaybeCents = UNSET


class Group(Struct, gc=False):
    id: NotBlank
    name: str
    source_type: MaybeText = UNSET
    created_at: MaybeInstant = UNSET


class GroupMember(Struct, gc=False):
    user_id: NotBlank
    email: MaybeText = UNSET
    created_at: MaybeInstant = UNSET


class _OfEntities(ListPage, kw_only=True):
    data: list[Any]

    def identities(self) -> Iterable[str]:
        return map(attrgetter("id"), self.data)


class _OfMembers(ListPage, kw_only=True):
    data: list[Any]

    def identities(self) -> Iterable[str]:
        return map(attrgetter("user_id"), self.data)


class ConsoleUsers(_OfEntities, kw_only=True):
    data: list[ConsoleUser]


class EnterpriseUsers(_OfEntities, kw_only=True):
    data: list[EnterpriseUser]


class Workspaces(_OfEntities, kw_only=True):
    data: list[Workspace]


class ApiKeys(_OfEntities, kw_only=True):
    data: list[ApiKey]


class SpendLimits(_OfEntities, kw_only=True):
    data: list[SpendLimit]


class Groups(_OfEntities, kw_only=True):
    data: list[Group]


class WorkspaceMembers(_OfMembers, kw_only=True):
    data: list[WorkspaceMember]


class GroupMembers(_OfMembers, kw_only=True):
    data: list[GroupMember]


def _group_problem(data: Iterable[RateLimit | WorkspaceRateLimit]) -> str | None:
    # The number of entries is that of the models' groups.
    if all(one.group or isinstance(one.group_type, str) for one in data):
        return None
    return "an entry has neither `group` nor `group_type`"


class RateLimits(ListPage, kw_only=True):
    data: list[RateLimit]

    def problem(self) -> str | None:
        return _group_problem(self.data)


class WorkspaceRateLimits(ListPage, kw_only=True):
    data: list[WorkspaceRateLimit]

    def problem(self) -> str | None:
        return _group_problem(self.data)


class EffectiveSpendLimits(ListPage, kw_only=True):
    data: list[EffectiveSpendLimit]

    def problem(self) -> str | None:
        for one in self.data:
            if not ((one.actor and one.actor.user_id) or (one.scope and one.scope.user_id)):
                return "an entry names no user"
        return None
