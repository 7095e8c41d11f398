"""The GraphQL documents this project sends to GitHub, and nothing else.

Every document is checked against GitHub's published schema by a contract test.
Page sizes: pull requests 50 a page with 20 branch commits each, commits 100 a page. 98.7 % of
merged pull requests have at most 20 commits; the others are followed up.

Points, by GitHub's rule of one per 100 connection requests: a page of commits 1, a page of pull
requests 11. Ten of those are the price of `parents`, which alone tells a branch's merge commits,
that are nobody's evidence, from its own. 5,000 points an hour read 22,000 pull requests.
"""

from __future__ import annotations

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

ORGANIZATION_REPOSITORIES = (
    """
query OrganizationRepositories($organization: String!, $after: String) {
  organization(login: $organization) {
    repositories(first: 100, after: $after, orderBy: {field: NAME, direction: ASC}) {
      pageInfo { hasNextPage endCursor }
      nodes { ...RepositoryFields }
    }
  }
  """
    + _RATE_LIMIT
    + "\n}\n"
    + _REPOSITORY_FIELDS
)

PULL_REQUESTS = (
    """
query PullRequests($owner: String!, $name: String!, $pageSize: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    databaseId
    pullRequests(first: $pageSize, after: $after, orderBy: {field: UPDATED_AT, direction: DESC}) {
      pageInfo { hasNextPage endCursor }
      nodes {
        fullDatabaseId
        number
        title
        body
        state
        isDraft
        createdAt
        updatedAt
        closedAt
        mergedAt
        mergeCommit { oid }
        mergedBy { login __typename }
        author { login __typename }
        additions
        deletions
        changedFiles
        headRefName
        headRefOid
        baseRefName
        isCrossRepository
        labels(first: 100) { totalCount nodes { name } }
        commits(first: 20) {
          totalCount
          pageInfo { hasNextPage endCursor }
          nodes { commit { ...BranchCommitFields } }
        }
      }
    }
  }
  """
    + _RATE_LIMIT
    + "\n}\n"
    + _BRANCH_COMMIT_FIELDS
)

PULL_REQUEST_COMMITS = (
    """
query PullRequestCommits($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    databaseId
    pullRequest(number: $number) {
      commits(first: 100, after: $after) {
        totalCount
        pageInfo { hasNextPage endCursor }
        nodes { commit { ...BranchCommitFields } }
      }
    }
  }
  """
    + _RATE_LIMIT
    + "\n}\n"
    + _BRANCH_COMMIT_FIELDS
)

DEFAULT_BRANCH_COMMITS = f"""
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
            nodes {{
              oid
              message
              authoredDate
              committedDate
              additions
              deletions
              changedFilesIfAvailable
              author {_GIT_ACTOR}
              committer {_GIT_ACTOR}
              parents(first: 3) {{ totalCount nodes {{ oid committedDate }} }}
            }}
          }}
        }}
      }}
    }}
  }}
  {_RATE_LIMIT}
}}
"""

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
