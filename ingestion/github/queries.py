"""The GraphQL documents this project sends to GitHub, and nothing else.

Every document is checked against GitHub's published schema by a contract test.
Page sizes: pull requests 50 a page, each with 20 branch commits, 100 files and 50 reviews, commits
100 a page. 98.7 % of merged pull requests have at most 20 commits, and about 99.5 % at most 100
files; what does not fit is followed up, many pull requests a request.

Points, by GitHub's rule of one per 100 connection requests: a page of commits 1, a page of pull
requests 12. Ten of those are the price of `parents`, which alone tells a branch's merge commits,
that are nobody's evidence, from its own. 5,000 points an hour read 20,000 pull requests.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

_RATE_LIMIT = "rateLimit { cost remaining resetAt }"

_REPOSITORY_FIELDS = """
fragment RepositoryFields on Repository {
  databaseId
  nameWithOwner
  isArchived
  isFork
  isPrivate
  createdAt
  pushedAt
  defaultBranchRef { name target { oid } }
  pullRequests(first: 1, orderBy: {field: UPDATED_AT, direction: DESC}) { nodes { updatedAt } }
}
"""

_GIT_ACTOR = "{ name email user { login databaseId } }"

_BRANCH_COMMIT_FIELDS = f"""
fragment BranchCommitFields on Commit {{
  oid
  message
  authoredDate
  committedDate
  author {_GIT_ACTOR}
  committer {_GIT_ACTOR}
  parents(first: 1) {{ totalCount }}
}}
"""

# One fragment a list, so that a first page and those that follow it have the same shape.
_PULL_REQUEST_LISTS = {
    "commits": (
        """
fragment BranchCommits on PullRequestCommitConnection {
  totalCount
  pageInfo { hasNextPage endCursor }
  nodes { commit { ...BranchCommitFields } }
}
"""
        + _BRANCH_COMMIT_FIELDS
    ),
    "files": """
fragment ChangedFiles on PullRequestChangedFileConnection {
  totalCount
  pageInfo { hasNextPage endCursor }
  nodes { path additions deletions changeType }
}
""",
    "reviews": """
fragment Reviews on PullRequestReviewConnection {
  totalCount
  pageInfo { hasNextPage endCursor }
  nodes { fullDatabaseId state submittedAt author { login __typename } }
}
""",
}
_FRAGMENTS = {"commits": "BranchCommits", "files": "ChangedFiles", "reviews": "Reviews"}

# What a document costs before an answer has reported it.
POINTS = {"PullRequests": 12}

ORGANIZATION_REPOSITORIES = (
    """
query OrganizationRepositories($organization: String!, $after: String) {
  organization(login: $organization) {
    repositories(first: 100, after: $after, orderBy: {field: NAME, direction: ASC}) {
      totalCount
      pageInfo { hasNextPage endCursor }
      nodes { ...RepositoryFields }
    }
  }
  """
    + _RATE_LIMIT
    + "\n}\n"
    + _REPOSITORY_FIELDS
)

# The parts of an item that a question can do without, and their fields. What is not among them goes
# with `EVERYTHING`, and leaves what an item is known by.
EVERYTHING = "everything"
LINE_COUNTS = "line counts"
_LINE_COUNTS = ("additions", "deletions", "changedFiles", "changedFilesIfAvailable")
_PULL_REQUEST_PARTS = {
    "files": "files(first: 100) { ...ChangedFiles }",
    "reviews": "reviews(first: 50) { ...Reviews }",
    "commits": "commits(first: 20) { ...BranchCommits }",
    LINE_COUNTS: "additions deletions changedFiles",
    EVERYTHING: """fullDatabaseId
        title
        body
        state
        isDraft
        createdAt
        closedAt
        mergedAt
        mergeCommit { oid }
        mergedBy { login __typename }
        author { login __typename }
        headRefName
        headRefOid
        baseRefName
        isCrossRepository
        labels(first: 100) { totalCount nodes { name } }""",
}
_COMMIT_PARTS = {
    LINE_COUNTS: "additions deletions changedFilesIfAvailable",
    EVERYTHING: f"""message
              authoredDate
              committedDate
              author {_GIT_ACTOR}
              committer {_GIT_ACTOR}""",
}
PULL_REQUEST_PARTS = tuple(part for part in _PULL_REQUEST_PARTS if part != EVERYTHING)
COMMIT_PARTS = (LINE_COUNTS,)
WHOLE: frozenset[str] = frozenset()


def part_of(path: Iterable[str | int]) -> str | None:
    """Return the part of an item that an error's path leads to, None where it names none."""
    fields = {
        **{name: name for name in _PULL_REQUEST_LISTS},
        **dict.fromkeys(_LINE_COUNTS, LINE_COUNTS),
    }
    # From the item on: its lists have items again.
    return next((fields[step] for step in path if isinstance(step, str) and step in fields), None)


def _fields(parts: dict[str, str], without: Iterable[str]) -> str:
    left_out = set(without)
    return " ".join(fields for part, fields in parts.items() if part not in left_out)


def _pull_request_fields(without: Iterable[str]) -> str:
    return f"number updatedAt {_fields(_PULL_REQUEST_PARTS, without)}"


def _commit_fields(without: Iterable[str]) -> str:
    parents = "parents(first: 3) { totalCount nodes { oid committedDate } }"
    return f"oid {parents} {_fields(_COMMIT_PARTS, without)}"


def default_branch_commits(without: frozenset[str] = WHOLE) -> str:
    """Return the document of a page of commits ``without`` some parts."""
    return f"""
query DefaultBranchCommits(
  $owner: String!, $name: String!, $since: GitTimestamp!, $pageSize: Int!, $after: String
) {{
  repository(owner: $owner, name: $name) {{
    databaseId
    defaultBranchRef {{
      name
      target {{
        oid
        ... on Commit {{
          history(first: $pageSize, after: $after, since: $since) {{
            totalCount
            pageInfo {{ hasNextPage endCursor }}
            nodes {{ {_commit_fields(without)} }}
          }}
        }}
      }}
    }}
  }}
  {_RATE_LIMIT}
}}
"""


def commit_by_oid(without: frozenset[str] = WHOLE) -> str:
    """Return the document of one commit ``without`` some parts."""
    return f"""
query CommitByOid($owner: String!, $name: String!, $oid: GitObjectID!) {{
  repository(owner: $owner, name: $name) {{
    object(oid: $oid) {{ ... on Commit {{ {_commit_fields(without)} }} }}
  }}
  {_RATE_LIMIT}
}}
"""


def pull_request_by_number(without: frozenset[str] = WHOLE) -> str:
    """Return the document of one pull request ``without`` some parts."""
    return f"""
query PullRequestByNumber($owner: String!, $name: String!, $number: Int!) {{
  repository(owner: $owner, name: $name) {{
    pullRequest(number: $number) {{ {_pull_request_fields(without)} }}
  }}
  {_RATE_LIMIT}
}}
{_list_fragments(without)}"""


def _list_fragments(without: frozenset[str]) -> str:
    return "".join(text for name, text in _PULL_REQUEST_LISTS.items() if name not in without)


VIEWER = "query Viewer { viewer { login } " + _RATE_LIMIT + " }"


def repositories_by_name(count: int) -> str:
    """Return one document that asks for ``count`` repositories by ``$owner<i>`` and ``$name<i>``.

    A list of repositories costs one request per 100 this way, not one each.
    """
    parameters = ", ".join(f"$owner{i}: String!, $name{i}: String!" for i in range(count))
    fields = "\n  ".join(
        f"repository{i}: repository(owner: $owner{i}, name: $name{i}) {{ ...RepositoryFields }}"
        for i in range(count)
    )
    return (
        f"query RepositoriesByName({parameters}) {{\n  {fields}\n  {_RATE_LIMIT}\n}}\n"
        + _REPOSITORY_FIELDS
    )


@dataclass(frozen=True)
class Rest:
    """Where to go on in the long lists of one pull request: each list's cursor and next size."""

    number: int
    cursors: dict[str, str]
    sizes: dict[str, int] = field(default_factory=dict)

    def without(self, names: Iterable[str]) -> Rest:
        left_out = set(names)
        cursors = {name: one for name, one in self.cursors.items() if name not in left_out}
        return Rest(self.number, cursors, self.sizes)


def pull_requests(
    rests: Iterable[Rest] = (), without: frozenset[str] = WHOLE
) -> tuple[str, dict[str, str]]:
    """Return the document of a page of pull requests, and the cursors of ``rests``.

    What did not fit the pages before rides along, as `pullRequest<i>`: it costs no request then.
    ``without`` are parts that the pull requests are asked for without; nothing rides along then.
    """
    aliases, cursors = _aliases(rests)
    parameters = "".join(f", ${name}: String!" for name in cursors)
    return (
        "query PullRequests($owner: String!, $name: String!, $pageSize: Int!, $after: String"
        f"{parameters}) {{\n"
        "  repository(owner: $owner, name: $name) {\n"
        "    databaseId\n"
        "    pullRequests(first: $pageSize, after: $after,"
        " orderBy: {field: UPDATED_AT, direction: DESC}) {\n"
        "      totalCount pageInfo { hasNextPage endCursor }\n"
        f"      nodes {{ {_pull_request_fields(without)} }}\n    }}\n{aliases}  }}\n"
        f"  {_RATE_LIMIT}\n}}\n{_list_fragments(without)}"
    ), cursors


def rest_of_pull_requests(rests: Iterable[Rest]) -> tuple[str, dict[str, str]]:
    """Return a document that goes on in the lists of many pull requests, and its cursors.

    The pull requests are `pullRequest<i>`, in order: one request for all instead of one each.
    """
    aliases, cursors = _aliases(rests)
    parameters = "".join(f", ${name}: String!" for name in cursors)
    used = [name for name in _FRAGMENTS if any(cursor.startswith(name) for cursor in cursors)]
    return (
        f"query PullRequestRests($owner: String!, $name: String!{parameters}) {{\n"
        f"  repository(owner: $owner, name: $name) {{\n{aliases}  }}\n"
        f"  {_RATE_LIMIT}\n}}\n" + "".join(_PULL_REQUEST_LISTS[name] for name in used)
    ), cursors


def _aliases(rests: Iterable[Rest]) -> tuple[str, dict[str, str]]:
    wanted: list[str] = []
    cursors: dict[str, str] = {}
    for i, rest in enumerate(rests):
        lists: list[str] = []
        for name, cursor in rest.cursors.items():
            cursors[f"{name}{i}"] = cursor
            size = rest.sizes.get(name, 100)
            lists.append(f"{name}(first: {size}, after: ${name}{i}) {{ ...{_FRAGMENTS[name]} }}")
        alias = f"pullRequest{i}: pullRequest(number: {rest.number})"
        # A selection must not be empty.
        wanted.append(f"    {alias} {{ {' '.join(lists) or 'number'} }}\n")
    return "".join(wanted), cursors
