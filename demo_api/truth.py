"""The right answers, computed from the organisation itself and never from served JSON.

Money is exact ``Decimal`` US cents; days are UTC, as text; people are canonical work addresses.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from demo_api.activity import ClaudeCodeRecord
from demo_api.adoption_truth import AdoptionTruth, adoption_truth
from demo_api.analytics_truth import (
    AnalyticsTruth,
    EnterpriseTruth,
    console_truth,
    enterprise_truth,
)
from demo_api.budgets import BUDGETS, Budget, BudgetDay, status_of
from demo_api.cost_truth import CostTruth, cost_truth
from demo_api.flow_truth import PullRequestFlow, flow_of
from demo_api.gateway_truth import GatewayCell, GatewaySums, gateway_truth
from demo_api.git_store import GitHubData, Repository
from demo_api.organisation import Organisation
from demo_api.people import CLAUDE_CODE_WORKSPACE
from demo_api.runaways import RUNAWAYS, Runaway

Cents = dict[str, Decimal]


@dataclass
class Activity:
    """Sums of Claude Code records; ``sessions`` are session starts, not distinct sessions."""

    records: int = 0
    sessions: int = 0
    lines_added: int = 0
    lines_removed: int = 0
    commits: int = 0
    pull_requests: int = 0
    estimated_cents: Decimal = Decimal(0)
    tokens: int = 0

    def add(self, record: ClaudeCodeRecord) -> None:
        """Count one record."""
        self.records += 1
        self.sessions += record.sessions
        self.lines_added += record.lines_added
        self.lines_removed += record.lines_removed
        self.commits += record.commits
        self.pull_requests += record.pull_requests
        for use in record.models:
            self.estimated_cents += use.estimated_cents
            self.tokens += use.input + use.output + use.cache_read + use.cache_creation


@dataclass
class RepositoryTruth:
    """One repository; attribution counts are by ``with_claude`` and its two siblings.

    ``commits`` are those reachable from the head with a committer date inside the asked span,
    merge commits included in ``commits`` and left out of ``commits_by_attribution`` and of the
    line sums. ``merged_by_attribution`` counts merged pull requests inside the span.
    """

    repository: str
    commits: int = 0
    merge_commits: int = 0
    lines_added: int = 0
    lines_removed: int = 0
    lines_added_with_claude: int = 0
    commits_by_attribution: Counter[str] = field(default_factory=Counter)
    pull_requests: int = 0
    pull_requests_by_state: Counter[str] = field(default_factory=Counter)
    merged_by_attribution: Counter[str] = field(default_factory=Counter)


@dataclass
class GroundTruth:
    """Everything that can be checked, in the units of the module's first lines.

    ``billed_cents`` is the whole bill; ``claude_code_billed_cents`` the part of it that is in the
    workspace Claude Code. Estimates are a part of the bill plus subscription use, never an
    addition to it. ``unresolved`` in ``by_person`` stands for actors that nothing leads to a
    person from: service keys, a deleted key, a name two keys share.
    """

    first_day: str
    last_day: str
    billed_cents: Decimal = Decimal(0)
    billed_cents_by_day: Cents = field(default_factory=dict)
    billed_cents_by_day_and_workspace: dict[tuple[str, str | None], Decimal] = field(
        default_factory=dict
    )
    billed_cents_by_cost_type: Cents = field(default_factory=dict)
    claude_code_billed_cents: Decimal = Decimal(0)
    estimated_cents: Decimal = Decimal(0)
    estimated_cents_by_model: Cents = field(default_factory=dict)
    total: Activity = field(default_factory=Activity)
    by_day: dict[str, Activity] = field(default_factory=dict)
    by_person: dict[str, Activity] = field(default_factory=dict)
    by_person_and_day: dict[tuple[str, str], Activity] = field(default_factory=dict)
    tool_decisions: dict[str, tuple[int, int]] = field(default_factory=dict)
    active_people_by_day: dict[str, int] = field(default_factory=dict)
    active_people: int = 0
    unresolved_actors: frozenset[str] = frozenset()
    usage_tokens_by_day_and_model: dict[tuple[str, str], int] = field(default_factory=dict)
    people: int = 0
    listed_users: int = 0
    listed_api_keys: int = 0
    repositories: dict[str, RepositoryTruth] = field(default_factory=dict)
    commit_attribution: dict[tuple[str, str], str] = field(default_factory=dict)
    pull_request_attribution: dict[tuple[str, int], str] = field(default_factory=dict)
    # What was really written with Claude, whether or not a mark is left.
    commits_written: dict[tuple[str, str], bool] = field(default_factory=dict)
    pull_requests_written: dict[tuple[str, int], bool] = field(default_factory=dict)
    runaways: tuple[Runaway, ...] = ()
    gateway: dict[GatewayCell, GatewaySums] = field(default_factory=dict)
    balanced_attribution: dict[tuple[str, int], str] = field(default_factory=dict)
    reverted_pull_requests: set[tuple[str, int]] = field(default_factory=set)
    written_lines_added: dict[tuple[str, int], int] = field(default_factory=dict)
    flow: dict[tuple[str, int], PullRequestFlow] = field(default_factory=dict)
    cost: CostTruth = field(default_factory=CostTruth)
    budgets: dict[tuple[str, str, str], BudgetDay] = field(default_factory=dict)
    adoption: AdoptionTruth = field(default_factory=AdoptionTruth)
    analytics: AnalyticsTruth = field(default_factory=AnalyticsTruth)
    enterprise: EnterpriseTruth = field(default_factory=EnterpriseTruth)


UNRESOLVED = "unresolved"


def compute_truth(
    organisation: Organisation,
    *,
    github: GitHubData | None = None,
    first_day: str | None = None,
    last_day: str | None = None,
) -> GroundTruth:
    """Return the truth about the days ``first_day`` to ``last_day``, both included.

    Without them: the organisation's whole life. The attribution maps hold every commit reachable
    from a head and every pull request, whatever their date, where the answer is known.
    """
    first = first_day or organisation.first_day.isoformat()
    last = last_day or organisation.last_day.isoformat()
    truth = GroundTruth(first, last)
    days = [day for day in organisation.days if first <= day <= last]
    _add_bill(truth, organisation, days)
    _add_activity(truth, organisation, days)
    truth.cost = cost_truth(organisation, days)
    for budget in BUDGETS:
        by_day = _budgeted(truth, organisation, budget)
        for day, status in status_of(budget, by_day, days).items():
            truth.budgets[budget.scope_type, budget.scope_name.lower(), day] = status
    truth.adoption = adoption_truth(organisation, github or organisation.github, days)
    truth.analytics = console_truth(organisation, days)
    truth.enterprise = enterprise_truth(organisation, days)
    truth.runaways = tuple(one for one in RUNAWAYS if first <= one.days[0] <= last)
    truth.gateway = gateway_truth({day: organisation.gateway[day] for day in days})
    truth.people = len(organisation.people)
    truth.listed_users = sum(person.is_in_directory for person in organisation.people)
    truth.listed_api_keys = sum(key.is_listed for key in organisation.api_keys)
    for repository in (github or organisation.github).repositories:
        _add_repository(truth, repository, first, last)
    return truth


def _budgeted(truth: GroundTruth, organisation: Organisation, budget: Budget) -> Cents:
    """Return the bill of what a budget is for, by day."""
    if budget.scope_type == "organization":
        return truth.billed_cents_by_day
    by_day: dict[tuple[str, str], Decimal] = {
        "workspace": {
            (day, workspace.name): cents
            for (day, reported_id), cents in truth.billed_cents_by_day_and_workspace.items()
            for workspace in organisation.workspaces
            if workspace.reported_id == reported_id
        },
        "team": truth.cost.cents_by_day_and_team,
        "person": truth.cost.cents_by_day_and_person,
    }[budget.scope_type]
    name = budget.scope_name.lower()
    return {day: cents for (day, scope), cents in by_day.items() if scope.lower() == name}


def _add_bill(truth: GroundTruth, organisation: Organisation, days: Iterable[str]) -> None:
    by_day: Cents = defaultdict(Decimal)
    by_workspace: dict[tuple[str, str | None], Decimal] = defaultdict(Decimal)
    by_type: Cents = defaultdict(Decimal)
    tokens: Counter[tuple[str, str]] = Counter()
    for day in days:
        by_day[day] += 0
        for line in organisation.bill(day):
            by_day[day] += line.amount_cents
            by_workspace[day, line.workspace_id] += line.amount_cents
            by_type[line.cost_type] += line.amount_cents
        for row in organisation.usage.get(day, []):
            every = (row.uncached_input, row.output, row.cache_read, row.write_5m, row.write_1h)
            tokens[day, row.model] += sum(every)
    claude_code = {
        workspace.reported_id
        for workspace in organisation.workspaces
        if workspace.name == CLAUDE_CODE_WORKSPACE
    }
    truth.billed_cents = sum(by_day.values(), Decimal(0))
    truth.billed_cents_by_day = dict(by_day)
    truth.billed_cents_by_day_and_workspace = dict(by_workspace)
    truth.billed_cents_by_cost_type = dict(by_type)
    truth.claude_code_billed_cents = sum(
        (cents for (_, workspace), cents in by_workspace.items() if workspace in claude_code),
        Decimal(0),
    )
    truth.usage_tokens_by_day_and_model = dict(tokens)


def _add_activity(truth: GroundTruth, organisation: Organisation, days: Iterable[str]) -> None:
    by_day: dict[str, Activity] = {}
    by_person: dict[str, Activity] = defaultdict(Activity)
    by_both: dict[tuple[str, str], Activity] = defaultdict(Activity)
    by_model: Cents = defaultdict(Decimal)
    accepted: Counter[str] = Counter()
    rejected: Counter[str] = Counter()
    unresolved: set[str] = set()
    for day in days:
        by_day[day] = Activity()
        active: set[str] = set()
        for record in organisation.records.get(day, []):
            person = record.person_email or UNRESOLVED
            for sums in (truth.total, by_day[day], by_person[person], by_both[person, day]):
                sums.add(record)
            if record.person_email is None:
                unresolved.add(record.actor)
            else:
                active.add(person)
            for use in record.models:
                by_model[use.model] += use.estimated_cents
            for tool, (yes, no) in record.tools.items():
                accepted[tool] += yes
                rejected[tool] += no
        truth.active_people_by_day[day] = len(active)
    truth.estimated_cents = truth.total.estimated_cents
    truth.estimated_cents_by_model = dict(by_model)
    truth.by_day, truth.by_person, truth.by_person_and_day = by_day, dict(by_person), dict(by_both)
    truth.tool_decisions = {tool: (accepted[tool], rejected[tool]) for tool in accepted}
    truth.active_people = len(set(by_person) - {UNRESOLVED})
    truth.unresolved_actors = frozenset(unresolved)


def _add_repository(truth: GroundTruth, repository: Repository, first: str, last: str) -> None:
    name = repository.name_with_owner
    found = truth.repositories[name] = RepositoryTruth(name)
    for commit in repository.history(repository.head) if repository.head else ():
        if commit.claude_truth is not None:
            truth.commit_attribution[name, commit.oid] = commit.claude_truth
        if len(commit.parents) < 2:
            truth.commits_written[name, commit.oid] = commit.is_written_with_claude
        if not first <= commit.committed_date[:10] <= last:
            continue
        found.commits += 1
        if len(commit.parents) > 1:
            found.merge_commits += 1
            continue
        found.lines_added += commit.additions
        found.lines_removed += commit.deletions
        if commit.claude_truth is not None:
            found.commits_by_attribution[commit.claude_truth] += 1
            if commit.claude_truth == "with_claude":
                found.lines_added_with_claude += commit.additions
    for pull in repository.pull_requests.values():
        found.pull_requests += 1
        truth.pull_requests_written[name, pull.number] = pull.is_written_with_claude
        found.pull_requests_by_state[pull.state.lower()] += 1
        if pull.balanced_truth is not None:
            truth.balanced_attribution[name, pull.number] = pull.balanced_truth
        if pull.merged_at is not None:
            truth.flow[name, pull.number] = flow_of(pull)
        if pull.is_reverted:
            truth.reverted_pull_requests.add((name, pull.number))
        if pull.files is not None:
            truth.written_lines_added[name, pull.number] = pull.written_lines_added
        if pull.claude_truth is None:
            continue
        truth.pull_request_attribution[name, pull.number] = pull.claude_truth
        if pull.merged_at is not None and first <= pull.merged_at[:10] <= last:
            found.merged_by_attribution[pull.claude_truth] += 1
