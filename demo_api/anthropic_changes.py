"""Changes to both Anthropic organisations: days restated, people and keys gone, reports late.

Restating usage or cost refreshes the figures behind the analytics reports: cursors that were
handed out before have expired.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime
from typing import Any

from demo_api.anthropic import AnthropicApi
from demo_api.enterprise import GroupMember, Seat
from demo_api.organisation import Organisation
from demo_api.people import Person


class AnthropicWorld:
    """What a test may do to the two organisations. Days are text, people are work addresses.

    ``departed`` lists what has left a directory, in order: the directory (``users``, ``api_keys``,
    ``workspace_members``, ``enterprise_users``, ``enterprise_rbac_groups``,
    ``enterprise_rbac_group_members``), the workspace or group it is about or null, and the id.
    """

    def __init__(
        self, organisation: Organisation, lock: threading.RLock, anthropic: AnthropicApi
    ) -> None:
        self.organisation = organisation
        self.enterprise = organisation.enterprise
        self.departed: list[tuple[str, str | None, str]] = []
        self._lock = lock
        self._anthropic = anthropic

    # Reports

    def revise_day(self, day: str, *, keep: int = 0) -> None:
        """Leave only the first ``keep`` Claude Code records of a day; 0 leaves none."""
        with self._lock:
            self.organisation.records[day] = self.organisation.records.get(day, [])[:keep]

    def revise_cost_day(self, day: str, *, keep: int = 0) -> None:
        """Leave only the first ``keep`` usage rows of a day and no other charges."""
        with self._lock:
            self.organisation.usage[day] = self.organisation.usage.get(day, [])[:keep]
            self.organisation.charges[day] = []
            self._usage_changed(day)

    def restate_analytics_day(self, day: str, *, output: int = 1_000, place: int = 0) -> None:
        """Add output tokens to one usage row of a day: usage, bill and analytics follow."""
        with self._lock:
            rows = self.organisation.usage[day]
            rows[place] = replace(rows[place], output=rows[place].output + output)
            self._usage_changed(day)

    def restate_enterprise_day(self, day: str, *, place: int = 0, **changes: Any) -> None:
        """Change fields of one person's Enterprise activity; two more commits unless told."""
        with self._lock:
            done = self.enterprise.activity[day]
            changes = changes or {"commits": done[place].commits + 2}
            done[place] = replace(done[place], **changes)

    def restate_enterprise_usage_day(
        self, day: str, *, output: int = 1_000, place: int = 0
    ) -> None:
        """Add output tokens to one Enterprise usage row of a day; its cost follows."""
        with self._lock:
            rows = self.enterprise.usage[day]
            rows[place] = replace(rows[place], output=rows[place].output + output)
            self.refresh_analytics()

    def empty_enterprise_day(self, day: str) -> None:
        """Take away all Enterprise activity and usage of a day."""
        with self._lock:
            self.enterprise.activity[day] = []
            self.enterprise.usage[day] = []
            self.refresh_analytics()

    def repeat_record(self, day: str, place: int = 0, **changes: Any) -> None:
        """Add a copy of a record, with ``changes``: a late session, or a doubled natural key."""
        with self._lock:
            records = self.organisation.records[day]
            records.append(replace(records[place], **changes))

    def add_unknown_field(self, day: str, name: str, value: Any) -> None:
        """Put a field nobody knows on every Claude Code record of a day."""
        with self._lock:
            for record in self.organisation.records[day]:
                record.extra = {**record.extra, name: value}

    def hold_analytics(self, refreshed_at: datetime | None) -> None:
        """Let usage and cost analytics lag behind, whole only up to a time; null lets go."""
        with self._lock:
            self._anthropic.freshness.held_at = refreshed_at
            self.refresh_analytics()

    def refresh_analytics(self) -> None:
        """Refresh the figures behind the analytics: every cursor of before answers 410."""
        with self._lock:
            self._anthropic.freshness.generation += 1

    def set_console_analytics(self, enabled: bool) -> None:
        """Let the Admin key read the analytics of usage and cost, or refuse it."""
        with self._lock:
            self._anthropic.console_analytics = enabled

    # Directories of the Console organisation

    def remove_user(self, email: str) -> None:
        """Take a person out of the directory, as leaving does; their records stay."""
        with self._lock:
            person = self._person(email)
            person.is_in_directory = False
            self.departed.append(("users", None, person.user_id))
            self.departed.extend(
                ("workspace_members", member.workspace_id, person.user_id)
                for member in self.organisation.members
                if member.user_id == person.user_id
            )

    def rename_user(self, email: str, name: str) -> None:
        """Give a person another name; the address stays."""
        with self._lock:
            self._person(email).name = name

    def remove_api_key(self, name: str) -> None:
        """Delete the key or keys of a name; records that name it stay."""
        with self._lock:
            for key in self.organisation.api_keys:
                if key.name == name and key.is_listed:
                    key.is_listed = False
                    self.departed.append(("api_keys", None, key.api_key_id))

    def remove_workspace_member(self, workspace: str, email: str) -> None:
        """Take a person out of a workspace, which is given by its name."""
        with self._lock:
            user_id = self._person(email).user_id
            found = next(w for w in self.organisation.workspaces if w.name == workspace)
            self.organisation.members = [
                member
                for member in self.organisation.members
                if (member.user_id, member.workspace_id) != (user_id, found.workspace_id)
            ]
            self.departed.append(("workspace_members", found.workspace_id, user_id))

    # Directories of the Enterprise organisation

    def remove_enterprise_member(self, email: str) -> None:
        """Take a person's seat: reports show them as deleted, with their address."""
        with self._lock:
            self._leave(self.enterprise.seat(email))

    def delete_enterprise_account(self, email: str) -> None:
        """Delete a person's account: reports have no address for it from now on."""
        with self._lock:
            seat = self.enterprise.seat(email)
            seat.account_deleted = True
            self._leave(seat)

    def rename_enterprise_member(self, email: str, name: str) -> None:
        """Give the holder of a seat another name."""
        with self._lock:
            self.enterprise.seat(email).name = name

    def add_group_member(
        self, group: str, email: str, *, since: str = "2026-11-01T09:00:00Z"
    ) -> None:
        """Put a person into a group, which is given by its name."""
        with self._lock:
            user_id = self.enterprise.seat(email).user_id
            self.enterprise.group(group).members.append(GroupMember(user_id, since))

    def remove_group_member(self, group: str, email: str) -> None:
        """Take a person out of a group."""
        with self._lock:
            found, user_id = self.enterprise.group(group), self.enterprise.seat(email).user_id
            found.members = [member for member in found.members if member.user_id != user_id]
            self.departed.append(("enterprise_rbac_group_members", found.group_id, user_id))

    def remove_group(self, group: str) -> None:
        """Delete a group; its members' list is not found any more."""
        with self._lock:
            found = self.enterprise.group(group)
            self.enterprise.groups.remove(found)
            self.departed.append(("enterprise_rbac_groups", None, found.group_id))

    def _leave(self, seat: Seat) -> None:
        seat.is_listed = False
        self.departed.append(("enterprise_users", None, seat.user_id))
        for group in self.enterprise.groups:
            if any(member.user_id == seat.user_id for member in group.members):
                group.members = [m for m in group.members if m.user_id != seat.user_id]
                self.departed.append(
                    ("enterprise_rbac_group_members", group.group_id, seat.user_id)
                )

    def _person(self, email: str) -> Person:
        return next(p for p in self.organisation.people if p.email == email.lower())

    def _usage_changed(self, day: str) -> None:
        self.organisation.forget_bill(day)
        self.refresh_analytics()
