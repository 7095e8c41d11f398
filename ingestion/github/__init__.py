"""GitHub's GraphQL API: repositories, pull requests with branch commits, default-branch commits."""
