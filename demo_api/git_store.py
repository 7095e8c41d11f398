"""The plain store the GitHub server answers from: repositories, pull requests, commits.

No HTTP, no GraphQL and no invented people here. Times are text, ``2026-08-03T09:15:00Z``, so that
they compare as they sort. ``claude_truth`` is known only to whoever filled the store and is never
served: ``with_claude``, ``without_claude``, ``undetermined``, or null where nobody knows. It is
what the evidence must say; ``is_written_with_claude`` is what happened, marked or not.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class GitUser:
    """An account that an address belongs to."""

    login: str
    database_id: int


@dataclass(frozen=True, slots=True)
class Actor:
    """Who opened or merged a pull request; ``typename`` as GraphQL's ``__typename``."""

    login: str
    typename: str = "User"


@dataclass(frozen=True, slots=True)
class GitActor:
    """What git says about an author or committer, and the account its address belongs to."""

    name: str | None
    email: str | None
    date: str
    user: GitUser | None = None


@dataclass(slots=True)
class Commit:
    """One commit; line counts are the difference to the first parent."""

    oid: str
    message: str
    author: GitActor
    committer: GitActor
    parents: tuple[str, ...] = ()
    additions: int = 0
    deletions: int = 0
    changed_files: int | None = 0
    claude_truth: str | None = None
    is_written_with_claude: bool = False

    @property
    def authored_date(self) -> str:
        return self.author.date

    @property
    def committed_date(self) -> str:
        return self.committer.date


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """One file of a pull request; ``change_type`` as GraphQL names it.

    ``is_generated`` marks what no person writes, lock files among it, and is never served.
    """

    path: str
    additions: int
    deletions: int
    change_type: str = "MODIFIED"
    is_generated: bool = False


@dataclass(frozen=True, slots=True)
class Review:
    """One review; a pending one has no ``submitted_at``, a deleted account no author."""

    database_id: int
    state: str
    submitted_at: str | None
    author: Actor | None


@dataclass(frozen=True, slots=True)
class OrganizationMember:
    """An account in an organization."""

    login: str
    database_id: int


@dataclass(slots=True)
class PullRequest:
    """One pull request with its branch commits, oldest first, its files and its reviews.

    ``files`` is null where GitHub cannot work them out. ``balanced_truth`` is what is to be said
    when the author's use of Claude Code is looked at too, where the demo plants that. ``case``
    names the kind of pull request that was invented.
    """

    database_id: int
    number: int
    title: str
    body: str
    created_at: str
    updated_at: str
    author: Actor | None
    head_ref_name: str
    base_ref_name: str = "main"
    head_ref_oid: str = ""
    closed_at: str | None = None
    merged_at: str | None = None
    merge_commit_oid: str | None = None
    merged_by: Actor | None = None
    additions: int = 0
    deletions: int = 0
    changed_files: int = 0
    is_draft: bool = False
    is_cross_repository: bool = False
    labels: list[str] = field(default_factory=list)
    commits: list[Commit] = field(default_factory=list)
    merge_style: str | None = None
    claude_truth: str | None = None
    balanced_truth: str | None = None
    case: str = ""
    is_written_with_claude: bool = False
    is_reverted: bool = False
    files: list[ChangedFile] | None = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)

    @property
    def written_lines_added(self) -> int:
        """Lines added in files that people write."""
        return sum(file.additions for file in self.files or () if not file.is_generated)

    @property
    def state(self) -> str:
        if self.merged_at is not None:
            return "MERGED"
        return "CLOSED" if self.closed_at is not None else "OPEN"


@dataclass
class Repository:
    """One repository. Call ``touch`` after changing anything in place: orders are remembered."""

    database_id: int
    owner: str
    name: str
    created_at: str
    pushed_at: str | None = None
    default_branch: str = "main"
    head: str | None = None
    is_archived: bool = False
    is_fork: bool = False
    is_private: bool = True
    commits: dict[str, Commit] = field(default_factory=dict)
    pull_requests: dict[int, PullRequest] = field(default_factory=dict)
    # Further starting points of the default branch, for a cut history whose parents are absent.
    grafts: tuple[str, ...] = ()
    # Commits known from branches only that a cut history leads to but does not count as its own.
    outside: frozenset[str] = frozenset()
    _histories: dict[str, list[Commit]] = field(default_factory=dict, repr=False)
    _ordered: dict[tuple[str, bool], list[PullRequest]] = field(default_factory=dict, repr=False)

    @property
    def name_with_owner(self) -> str:
        return f"{self.owner}/{self.name}"

    def touch(self) -> None:
        """Forget the remembered orders."""
        self._histories.clear()
        self._ordered.clear()

    def add_commits(self, commits: Iterable[Commit]) -> None:
        """Put commits into the object store; this alone does not move the branch."""
        self.commits.update((commit.oid, commit) for commit in commits)

    def history(self, oid: str) -> list[Commit]:
        """Return all commits reachable from ``oid``, newest committer date first, as git does."""
        known = self._histories.get(oid)
        if known is None:
            starts = (oid, *self.grafts) if oid == self.head else (oid,)
            known = self._histories[oid] = list(self._walk(starts))
        return known

    def _walk(self, starts: Iterable[str]) -> Iterable[Commit]:
        # A queue by committer date, newest first, as git does it: a parent never comes before the
        # child that leads to it, even where its date is younger. Ties go in order of discovery.
        queue: list[tuple[_Newest, int, Commit]] = []
        seen: set[str] = set()

        def push(oid: str) -> None:
            commit = self.commits.get(oid)
            if commit is not None and oid not in seen and oid not in self.outside:
                seen.add(oid)
                heapq.heappush(queue, (_Newest(commit.committed_date), len(seen), commit))

        for oid in starts:
            push(oid)
        while queue:
            commit = heapq.heappop(queue)[2]
            yield commit
            for parent in commit.parents:
                push(parent)

    def ordered_pull_requests(self, key: str, *, descending: bool) -> list[PullRequest]:
        """Return pull requests by ``created_at`` or ``updated_at``, ties by number."""
        known = self._ordered.get((key, descending))
        if known is None:
            known = sorted(
                self.pull_requests.values(),
                key=lambda pull: (getattr(pull, key), pull.number),
                reverse=descending,
            )
            self._ordered[key, descending] = known
        return known


class _Newest(str):
    """Text that sorts backwards, so that a heap gives the newest date first."""

    __slots__ = ()

    def __lt__(self, other: str) -> bool:
        return str.__gt__(self, other)


@dataclass
class GitHubData:
    """All repositories of one server, the viewer, and the old names that still lead somewhere.

    ``members`` are by organization, in lower case.
    """

    repositories: list[Repository]
    viewer_login: str = "usage-pipeline"
    organizations: set[str] = field(default_factory=set)
    renamed: dict[str, int] = field(default_factory=dict)
    members: dict[str, list[OrganizationMember]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.organizations |= {repository.owner for repository in self.repositories}

    def find(self, owner: str, name: str) -> Repository | None:
        """Return the repository of that name, any case, or the one that had it before."""
        wanted = f"{owner}/{name}".lower()
        for repository in self.repositories:
            if repository.name_with_owner.lower() == wanted:
                return repository
        moved = self.renamed.get(wanted)
        return next((r for r in self.repositories if r.database_id == moved), None)

    def named(self, name_with_owner: str) -> Repository:
        """Return the repository ``owner/name``; raise ``KeyError`` when there is none."""
        owner, _, name = name_with_owner.partition("/")
        found = self.find(owner, name)
        if found is None:
            raise KeyError(name_with_owner)
        return found

    def of_owner(self, login: str) -> list[Repository]:
        """Return the repositories of one owner, any case, in no promised order."""
        return [r for r in self.repositories if r.owner.lower() == login.lower()]
