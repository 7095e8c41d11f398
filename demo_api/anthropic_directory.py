"""The directory answers of the Admin API: who is there, where, and with which keys."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import QueryParams

from demo_api.anthropic_protocol import ApiError, bad_request, entity_page, flag, token_page
from demo_api.enterprise import Enterprise, Group
from demo_api.organisation import Organisation
from demo_api.people import ApiKey, Workspace

_COLORS = ("#6C5BB9", "#2F7F6D", "#B9735B", "#3A6EA5", "#8A8A8A")
_STATUSES = ("active", "inactive", "archived", "expired")


def me(organisation: Organisation | Enterprise) -> dict[str, Any]:
    """Return the organisation itself."""
    return {
        "id": organisation.organization_id,
        "type": "organization",
        "name": organisation.name,
    }


def users(organisation: Organisation, query: QueryParams) -> dict[str, Any]:
    """Return one page of current members; who left is not there."""
    email, roles = query.get("email"), query.getlist("roles[]")
    shown = [
        {
            "id": person.user_id,
            "type": "user",
            "email": person.directory_email,
            "name": person.name,
            "role": person.role,
            "added_at": person.added_at,
        }
        for person in organisation.people
        if person.is_in_directory
        and (email is None or person.email == email.lower())
        and (not roles or person.role in roles)
    ]
    return entity_page(query, shown)


def workspaces(organisation: Organisation, query: QueryParams) -> dict[str, Any]:
    """Return one page of workspaces, archived ones and the default one only on request."""
    archived, default = flag(query, "include_archived"), flag(query, "include_default")
    shown = [
        _workspace(place, workspace)
        for place, workspace in enumerate(organisation.workspaces)
        if (archived or workspace.archived_at is None) and (default or not workspace.is_default)
    ]
    return entity_page(query, shown)


def _workspace(place: int, workspace: Workspace) -> dict[str, Any]:
    return {
        "id": workspace.workspace_id,
        "type": "workspace",
        "name": workspace.name,
        "display_color": _COLORS[place % len(_COLORS)],
        "created_at": workspace.created_at,
        "archived_at": workspace.archived_at,
        "compartment_id": f"5f0d2b6e-0000-4000-8000-{place:012d}",
        "external_key_id": None,
        "tags": {"cost_center": workspace.cost_center} if workspace.cost_center else {},
        "data_residency": {
            "workspace_geo": "us",
            "default_inference_geo": "global",
            "allowed_inference_geos": "unrestricted",
        },
    }


def members(organisation: Organisation, query: QueryParams, workspace_id: str) -> dict[str, Any]:
    """Return one page of a workspace's members; 404 for a workspace nobody knows."""
    if all(workspace.workspace_id != workspace_id for workspace in organisation.workspaces):
        raise ApiError(404, "not_found_error", "Workspace not found")
    here = {person.user_id for person in organisation.people if person.is_in_directory}
    shown = [
        {
            "type": "workspace_member",
            "user_id": member.user_id,
            "workspace_id": member.workspace_id,
            "workspace_role": member.workspace_role,
        }
        for member in organisation.members
        if member.workspace_id == workspace_id and member.user_id in here
    ]
    return entity_page(query, shown, key="user_id")


def api_keys(organisation: Organisation, query: QueryParams, version: str) -> dict[str, Any]:
    """Return one page of keys in the shape of the asked API version."""
    status, workspace = query.get("status"), query.get("workspace_id")
    creator = query.get("created_by_user_id")
    if status is not None and status not in _STATUSES:
        raise bad_request(f"status: Input should be one of {', '.join(_STATUSES)}")
    shown = [
        _api_key(key, version)
        for key in organisation.api_keys
        if key.is_listed
        and status in (None, key.status)
        and workspace in (None, key.workspace.workspace_id)
        and creator in (None, key.created_by_id)
    ]
    return entity_page(query, shown)


def _api_key(key: ApiKey, version: str) -> dict[str, Any]:
    creator = {"id": key.created_by_id, "type": key.created_by_type}
    shown = {
        "id": key.api_key_id,
        "type": "api_key",
        "name": key.name,
        "created_at": key.created_at,
        "created_by": creator if key.created_by_id else None,
        "expires_at": key.expires_at,
        "partial_key_hint": f"sk-ant-api03-{key.api_key_id[-7:-4]}...{key.api_key_id[-4:]}",
        "status": key.status,
        "principal": None,
        "scope": {"type": "workspace", "workspace_id": key.workspace.workspace_id},
    }
    if version == "2023-06-01":
        shown["workspace_id"] = key.workspace.reported_id
    return shown


def invites(query: QueryParams) -> dict[str, Any]:
    """Return one page of invites: one that waits, one that nobody took."""
    statuses, email = query.getlist("statuses[]"), query.get("email")
    shown: list[dict[str, Any]] = [
        {
            "id": f"invite_01Demo{place}",
            "type": "invite",
            "email": f"new.colleague{place}@larkfield.example",
            "role": "claude_code_user",
            "invited_at": f"2026-10-{10 * place:02d}T09:00:00Z",
            "expires_at": f"2026-{10 + place}-21T09:00:00Z",
            "accepted_at": None,
            "rbac_group_ids": [],
            "status": status,
        }
        for place, status in ((1, "expired"), (2, "pending"))
    ]
    kept = [
        invite
        for invite in shown
        if (not statuses or invite["status"] in statuses) and email in (None, invite["email"])
    ]
    return entity_page(query, kept)


def enterprise_users(enterprise: Enterprise, query: QueryParams) -> dict[str, Any]:
    """Return one page of the Enterprise organisation's current members."""
    email, roles = query.get("email"), query.getlist("roles[]")
    shown = [
        {
            "id": seat.user_id,
            "type": "user",
            "email": seat.directory_email,
            "name": seat.name,
            "role": seat.role,
            "added_at": seat.added_at,
        }
        for seat in enterprise.seats
        if seat.is_listed
        and (email is None or seat.email == email.lower())
        and (not roles or seat.role in roles)
    ]
    return entity_page(query, shown)


def rbac_groups(enterprise: Enterprise, query: QueryParams, path: str) -> dict[str, Any]:
    """Return one page of groups."""
    return token_page(path, query, enterprise.groups, _group, has_more=True)


def _group(group: Group) -> dict[str, Any]:
    return {
        "id": group.group_id,
        "type": "rbac_group",
        "name": group.name,
        "source_type": group.source_type,
        "role_ids": group.role_ids,
        "created_at": group.created_at,
        "updated_at": group.created_at,
    }


def rbac_members(
    enterprise: Enterprise, query: QueryParams, path: str, group_id: str
) -> dict[str, Any]:
    """Return one page of a group's members; 404 for a group nobody knows."""
    addresses = {seat.user_id: seat.directory_email for seat in enterprise.seats}
    for group in enterprise.groups:
        if group.group_id == group_id:
            shown = [
                {
                    "type": "rbac_group_member",
                    "rbac_group_id": group_id,
                    "user_id": member.user_id,
                    "email": addresses[member.user_id],
                    "created_at": member.created_at,
                }
                for member in group.members
            ]
            return token_page(path, query, shown, lambda item: item, has_more=True)
    raise ApiError(404, "not_found_error", "RBAC group not found")
