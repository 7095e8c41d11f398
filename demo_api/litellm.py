"""A LiteLLM proxy's log and daily sums, as the hosted product answers them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from demo_api.gateway import TAG_NAMESPACE, TEAM_ALIAS, TEAM_ID, GatewayRequest

VERSION = "1.108.7"
LARGEST_PAGE = 1_000
_SUMS = (
    "spend",
    "prompt_tokens",
    "completion_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "api_requests",
    "successful_requests",
    "failed_requests",
)
Row = dict[str, Any]


class LiteLlmApi:
    """Answers from rows of `LiteLLM_SpendLogs`; ``rows`` may be changed between two requests.

    ``daily_page_size`` is how many rows of its daily tables a page of sums is made of: a day may
    stand on several.
    """

    def __init__(
        self, rows: Iterable[Row], *, key: str, daily_page_size: int = LARGEST_PAGE
    ) -> None:
        self.rows = list(rows)
        self.key = key
        self.daily_page_size = daily_page_size

    def routes(self) -> list[Route]:
        return [
            Route("/health/readiness", self._ready),
            Route("/spend/logs/v2", self._logs),
            Route("/user/daily/activity", self._activity),
        ]

    async def _ready(self, _: Request) -> JSONResponse:
        return JSONResponse({"status": "healthy", "db": "connected", "litellm_version": VERSION})

    async def _logs(self, request: Request) -> JSONResponse:
        if refusal := self._refusal(request):
            return refusal
        asked = request.query_params
        try:
            first, last = (
                datetime.strptime(asked[name], "%Y-%m-%d %H:%M:%S")
                for name in ("start_date", "end_date")
            )
            page, size = int(asked.get("page", "1")), int(asked.get("page_size", "50"))
        except (KeyError, ValueError):
            return _error(400, "start_date and end_date must be YYYY-MM-DD HH:MM:SS")
        if not 1 <= size <= LARGEST_PAGE:
            return _error(422, f"page_size must be at most {LARGEST_PAGE}")
        # The newest first, both ends included.
        found = sorted(
            (row for row in self.rows if first <= _began(row) <= last),
            key=lambda row: (row["startTime"], row["request_id"]),
            reverse=True,
        )
        return JSONResponse(
            {
                "data": found[(page - 1) * size : page * size],
                "total": len(found),
                "page": page,
                "page_size": size,
                "total_pages": ceil(len(found) / size),
                "total_is_capped": False,
            }
        )

    async def _activity(self, request: Request) -> JSONResponse:
        if refusal := self._refusal(request):
            return refusal
        asked = request.query_params
        rows = [
            row
            for row in daily_rows(self.rows)
            if asked["start_date"] <= row["date"] <= asked["end_date"]
        ]
        page = int(asked.get("page", "1"))
        size = min(int(asked.get("page_size", "50")), self.daily_page_size)
        on_page = rows[(page - 1) * size : page * size]
        days = sorted({row["date"] for row in on_page}, reverse=True)
        return JSONResponse(
            {
                "results": [
                    {
                        "date": day,
                        "metrics": _sums(row for row in on_page if row["date"] == day),
                        "breakdown": {},
                    }
                    for day in days
                ],
                "metadata": {
                    "page": page,
                    "total_pages": ceil(len(rows) / size),
                    "has_more": page * size < len(rows),
                },
            }
        )

    def _refusal(self, request: Request) -> JSONResponse | None:
        if request.headers.get("authorization") == f"Bearer {self.key}":
            return None
        return _error(401, "Authentication Error, Invalid proxy server token passed")


def _error(status: int, message: str) -> JSONResponse:
    error = {"message": message, "type": "auth_error", "param": "None", "code": str(status)}
    return JSONResponse({"error": error}, status_code=status)


def _began(row: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(row["startTime"])


def _sums(rows: Iterable[Mapping[str, Any]]) -> Row:
    listed = list(rows)
    return {name: sum(row[name] for row in listed) for name in _SUMS}


def daily_rows(rows: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Return what LiteLLM adds up by day, user, key and model, failures' estimates too."""
    groups: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        key = (row["startTime"][:10], row["user"] or "", row["api_key"], row["model"])
        groups.setdefault(key, []).append(row)
    return [
        {"date": day, "user_id": user, "api_key": key, "model": model, **_sums(map(_added, found))}
        for (day, user, key, model), found in sorted(groups.items())
    ]


def _added(row: Mapping[str, Any]) -> Row:
    usage = row["metadata"].get("usage_object") or {}
    is_failure = row["status"] == "failure"
    return {
        "spend": row["spend"],
        "prompt_tokens": row["prompt_tokens"],
        "completion_tokens": row["completion_tokens"],
        "cache_read_input_tokens": usage.get("cache_read_input_tokens") or 0,
        "cache_creation_input_tokens": usage.get("cache_creation_input_tokens") or 0,
        "api_requests": 1,
        "successful_requests": int(not is_failure),
        "failed_requests": int(is_failure),
    }


def spend_log(one: GatewayRequest) -> Row:
    """Return a request as the proxy answers it; the text of messages is never in it."""
    ended = one.started_at + timedelta(milliseconds=700)
    return {
        "request_id": one.request_id,
        "call_type": "anthropic_messages",
        "api_key": one.key_hash,
        "spend": float(one.claimed_usd),
        "total_tokens": one.prompt_tokens + one.output,
        "prompt_tokens": one.prompt_tokens,
        "completion_tokens": one.output,
        "startTime": _instant(one.started_at),
        "endTime": _instant(ended),
        "completionStartTime": _instant(one.started_at),
        "model": one.deployment.logged,
        "model_id": "",
        "model_group": one.deployment.group,
        "custom_llm_provider": one.deployment.route,
        "api_base": "https://gateway.larkfield.example/upstream",
        "user": one.person.email if one.person else None,
        "metadata": _metadata(one),
        "cache_hit": "True" if one.status == "gateway_cache" else "False",
        "cache_key": "Cache OFF",
        "request_tags": _tags(one),
        "team_id": TEAM_ID,
        "organization_id": "",
        "end_user": "",
        "requester_ip_address": "10.20.30.40",
        "session_id": one.session_id,
        "status": "failure" if one.status == "failure" else "success",
        "mcp_namespaced_tool_name": None,
        "agent_id": None,
        "request_duration_ms": 700,
    }


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")


def _tags(one: GatewayRequest) -> list[str]:
    agent = "claude-cli/2.1.332 (external, cli)" if one.person else "python-httpx/0.28.1"
    name = agent.partition("/")[0]
    own = f"{TAG_NAMESPACE}:{one.cost_center}"
    return [own, "app:larkfield", f"User-Agent: {name}", f"User-Agent: {agent}"]


def _metadata(one: GatewayRequest) -> Row:
    known = {
        "user_api_key_alias": one.key_alias,
        "user_api_key_team_id": TEAM_ID,
        "user_api_key_team_alias": TEAM_ALIAS,
        "user_api_key_user_id": one.person.email if one.person else None,
    }
    if one.status == "failure":
        error = {"error_message": "AnthropicException - overloaded", "traceback": "…"}
        return {"status": "failure", "usage_object": {}, "error_information": error, **known}
    writes = {
        "ephemeral_5m_input_tokens": one.write_5m,
        "ephemeral_1h_input_tokens": one.write_1h,
    }
    return {
        "status": None,
        "usage_object": {
            "total_tokens": one.prompt_tokens + one.output,
            "prompt_tokens": one.prompt_tokens,
            "completion_tokens": one.output,
            "cache_read_input_tokens": one.cache_read,
            "cache_creation_input_tokens": one.write_5m + one.write_1h,
            "prompt_tokens_details": {
                "text_tokens": one.input,
                "cached_tokens": one.cache_read,
                "cache_creation_token_details": writes,
            },
        },
        "cost_breakdown": None,
        **known,
    }
