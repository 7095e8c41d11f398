"""What the members of the Enterprise organisation did: by person, and in daily summaries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from starlette.datastructures import QueryParams

from demo_api.anthropic_protocol import bad_request, report_page, token_page
from demo_api.enterprise import Enterprise, EnterpriseActivity
from demo_api.freshness import Freshness, day_parameter, ready_day

_DAY = timedelta(days=1)
_MOST_DAYS = 366
_MOST_FILTERS = 100
_TOOLS = ("edit_tool", "multi_edit_tool", "write_tool", "notebook_edit_tool")
_CHAT = (
    "connectors_used_count",
    "distinct_artifacts_created_count",
    "distinct_connectors_used_count",
    "distinct_files_uploaded_count",
    "distinct_projects_created_count",
    "distinct_projects_used_count",
    "distinct_shared_artifacts_viewed_count",
    "distinct_skills_used_count",
    "shared_conversations_viewed_count",
    "thinking_message_count",
)
_COWORK = (
    "action_count",
    "artifacts_created_count",
    "connectors_used_count",
    "dispatch_turn_count",
    "distinct_connectors_used_count",
    "distinct_plugins_used_count",
    "distinct_session_count",
    "distinct_skills_used_count",
    "edit_tool_count",
    "file_edit_count",
    "message_count",
    "multi_edit_tool_count",
    "notebook_edit_tool_count",
    "plugins_used_count",
    "sessions_with_file_edits_count",
    "skills_used_count",
    "write_tool_count",
)
_DESIGN = (
    "distinct_projects_created_count",
    "distinct_projects_used_count",
    "distinct_session_count",
    "message_count",
)
_OFFICE = (
    "connectors_used_count",
    "distinct_connectors_used_count",
    "distinct_session_count",
    "distinct_skills_used_count",
    "message_count",
    "skills_used_count",
)
_SCIENCE = (
    "delegation_count",
    "distinct_session_count",
    "message_count",
    "remote_compute_job_count",
    "skills_used_count",
)


def users(
    enterprise: Enterprise, freshness: Freshness, query: QueryParams, path: str
) -> dict[str, Any]:
    """Return one page of active people, by address; no row says which day it is about."""
    days = _asked_days(query, freshness)
    filters = _filters(query, ("user_id", "rbac_group_id"))
    descending = _order(query)
    grouped = query.getlist("group_by[]")
    if set(grouped) - {"rbac_group_id"}:
        raise bad_request("group_by: Input should be 'rbac_group_id'")
    done = [
        activity
        for day in days
        for activity in enterprise.activity.get(day, [])
        if _matches(enterprise, activity, filters)
    ]
    rows = _by_group(enterprise, done) if grouped else _by_person(enterprise, done)
    rows = sorted(rows, key=lambda row: row.name, reverse=descending)
    return token_page(path, query, rows, lambda row: row.shown(), default=100)


def summaries(
    enterprise: Enterprise, freshness: Freshness, query: QueryParams, path: str
) -> dict[str, Any]:
    """Return one entry per day, always in one page, whatever the limit."""
    first, end = _range(query, freshness, required=True)
    groups = _filters(query, ("rbac_group_id",))
    entries = [
        _summary(enterprise, first + _DAY * place, groups) for place in range((end - first).days)
    ]
    page = report_page(path, query, entries, max(len(entries), 1), lambda entry: entry)
    del page["has_more"]
    return page


def _asked_days(query: QueryParams, freshness: Freshness) -> list[str]:
    day = day_parameter(query, "date")
    if day is not None:
        if "starting_date" in query or "ending_date" in query:
            raise bad_request("date, starting_date: Only one of them may be given")
        ready_day("date", day, freshness)
        return [str(day)]
    if "starting_date" not in query:
        raise bad_request("date: Either date or starting_date is required")
    first, end = _range(query, freshness, required=False)
    return [str(first + _DAY * place) for place in range((end - first).days)]


def _range(query: QueryParams, freshness: Freshness, *, required: bool) -> tuple[date, date]:
    first = day_parameter(query, "starting_date")
    if first is None:
        assert required
        raise bad_request("starting_date: Field required")
    ready_day("starting_date", first, freshness)
    end = day_parameter(query, "ending_date")
    if end is None:
        end = freshness.newest_activity_day() + _DAY
    ready_day("ending_date", end - _DAY, freshness)
    if end <= first:
        raise bad_request("ending_date: Must be after starting_date")
    if (end - first).days > _MOST_DAYS:
        raise bad_request(f"ending_date: The range may span at most {_MOST_DAYS} days")
    return first, end


def _order(query: QueryParams) -> bool:
    """Say whether the list is turned round; only its own sort column is known here."""
    if query.get("order_by", "email_address") != "email_address":
        raise bad_request("order_by: Input should be 'email_address'")
    order = query.get("order", "asc")
    if order not in ("asc", "desc"):
        raise bad_request("order: Input should be one of asc, desc")
    return order == "desc"


def _filters(query: QueryParams, known: tuple[str, ...]) -> dict[str, set[str]]:
    asked = query.getlist("filter[]")
    if len(asked) > _MOST_FILTERS:
        raise bad_request(f"filter: At most {_MOST_FILTERS} entries may be given")
    filters: dict[str, set[str]] = {}
    for entry in asked:
        name, colon, value = entry.partition(":")
        if name not in known or not colon:
            raise bad_request(f"filter: Supported dimensions are {', '.join(known)}")
        filters.setdefault(name, set()).add(value)
    return filters


def _matches(
    enterprise: Enterprise, activity: EnterpriseActivity, filters: dict[str, set[str]]
) -> bool:
    if "user_id" in filters and activity.user_id not in filters["user_id"]:
        return False
    if "rbac_group_id" not in filters:
        return True
    return bool(
        filters["rbac_group_id"] & set(enterprise.groups_of(activity.user_id, activity.day))
    )


@dataclass
class _Counted:
    """The rows behind one answered row, and what it is about: ``name`` is the sort column."""

    name: str
    about: dict[str, Any]
    done: list[EnterpriseActivity]

    def shown(self) -> dict[str, Any]:
        """Return the answered row, all blocks present, with zeros where nothing was done."""

        def total(field: str) -> int:
            return sum(getattr(activity, field) for activity in self.done)

        return {
            **self.about,
            "claude_code_metrics": {
                "core_metrics": {
                    "commit_count": total("commits"),
                    "pull_request_count": total("pull_requests"),
                    "distinct_session_count": total("sessions"),
                    "artifacts_created_count": total("artifacts"),
                    "lines_of_code": {
                        "added_count": total("lines_added"),
                        "removed_count": total("lines_removed"),
                    },
                },
                "tool_actions": {tool: self._tool(tool) for tool in _TOOLS},
            },
            "chat_metrics": {
                "message_count": total("chat_messages"),
                "distinct_conversation_count": total("chat_conversations"),
                **dict.fromkeys(_CHAT, 0),
            },
            "cowork_metrics": {
                **dict.fromkeys(_COWORK, 0),
                "distinct_session_count": total("cowork_sessions"),
                "message_count": total("cowork_messages"),
                "action_count": total("cowork_actions"),
            },
            "design_metrics": dict.fromkeys(_DESIGN, 0),
            "office_metrics": {
                product: {
                    **dict.fromkeys(_OFFICE, 0),
                    "message_count": total("excel_messages") if product == "excel" else 0,
                }
                for product in ("excel", "outlook", "powerpoint", "word")
            },
            "science_metrics": dict.fromkeys(_SCIENCE, 0),
            "web_search_count": total("web_searches"),
            "last_activity_date": max(activity.day for activity in self.done),
        }

    def _tool(self, tool: str) -> dict[str, int]:
        counts = [activity.tools.get(tool, (0, 0)) for activity in self.done]
        return {
            "accepted_count": sum(accepted for accepted, _ in counts),
            "rejected_count": sum(rejected for _, rejected in counts),
        }


def _by_person(enterprise: Enterprise, done: Iterable[EnterpriseActivity]) -> list[_Counted]:
    seats = {seat.user_id: seat for seat in enterprise.seats}
    rows: dict[str, _Counted] = {}
    for activity in done:
        email = seats[activity.user_id].email or ""
        user = {"id": activity.user_id, "email_address": email, "type": "user"}
        about = {"user": user, "distinct_user_count": None}
        rows.setdefault(activity.user_id, _Counted(email, about, [])).done.append(activity)
    return list(rows.values())


def _by_group(enterprise: Enterprise, done: Iterable[EnterpriseActivity]) -> list[_Counted]:
    """Return a row per group: a person in two groups is in both rows."""
    names = {group.group_id: group.name for group in enterprise.groups}
    rows: dict[str, _Counted] = {}
    for activity in done:
        for group_id in enterprise.groups_of(activity.user_id, activity.day):
            rows.setdefault(group_id, _Counted(group_id, {}, [])).done.append(activity)
    for group_id, row in rows.items():
        row.about = {
            "user": None,
            "rbac_group_id": group_id,
            "rbac_group_name": names.get(group_id),
            "distinct_user_count": len({activity.user_id for activity in row.done}),
        }
    return list(rows.values())


def _summary(enterprise: Enterprise, day: date, groups: dict[str, set[str]]) -> dict[str, Any]:
    def active(days: int, sessions: str | None = None) -> set[str]:
        return {
            activity.user_id
            for back in range(days)
            for activity in enterprise.activity.get(str(day - _DAY * back), [])
            if (sessions is None or getattr(activity, sessions))
            and _matches(enterprise, activity, groups)
        }

    seats = {seat.user_id for seat in enterprise.seats if seat.is_assigned(str(day))}
    shown: dict[str, Any] = {
        "starting_at": f"{day}T00:00:00Z",
        "ending_at": f"{day + _DAY}T00:00:00Z",
        "assigned_seat_count": None if groups else len(seats),
        "pending_invite_count": None if groups else 1,
    }
    for name, days in (("daily", 1), ("weekly", 7), ("monthly", 30)):
        people = active(days)
        rate = round(100 * len(people & seats) / len(seats), 2) if seats else None
        shown[f"{name}_active_user_count"] = len(people)
        shown[f"{name}_adoption_rate"] = None if groups else rate
        shown[f"cowork_{name}_active_user_count"] = len(active(days, "cowork_sessions"))
        shown[f"claude_code_{name}_active_user_count"] = len(active(days, "sessions"))
    return shown
