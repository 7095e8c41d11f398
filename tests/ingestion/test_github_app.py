"""Access as a GitHub App: a signature for a token, and another one before the first ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from ingestion_bench import Bench, assert_names, pulls

from demo_api import DemoServer, Fault
from demo_api.github_app import DemoApp
from ingestion.errors import ConfigurationError, Request
from ingestion.github.client import authorization, open_client, open_rest_client
from ingestion.github.load import load_github
from ingestion.settings import Settings

START = date(2026, 10, 20)
APP, INSTALLATION = "123456", "7654321"
EXCHANGE = "/access_tokens"


def pem(key: Any) -> str:
    text: bytes = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return text.decode()


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


@pytest.fixture
def app(own: Bench, key: rsa.RSAPrivateKey) -> DemoApp:
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    own.server.github_api.app = DemoApp(APP, INSTALLATION, public.decode())
    return own.server.github_api.app


@pytest.fixture
def signed(
    own: Bench, app: DemoApp, key: rsa.RSAPrivateKey, settings_for
) -> Iterator[Callable[..., Settings]]:
    """Settings of the app; nothing that a test logs or stores shows what it signed with."""

    def make(**overrides: Any) -> Settings:
        values = {
            "github_token": None,
            "github_app_id": APP,
            "github_app_installation_id": INSTALLATION,
            "github_app_private_key": pem(key),
        }
        own.settings = settings_for(own.server, **values | overrides)
        return own.settings

    yield make
    if not own.settings.warehouse_path.exists():
        return
    errors = own.rows("select error from raw_github.completeness_ledger where error is not null")
    for (text,) in errors:
        for secret in (*app.issued, "eyJ", "BEGIN", pem(key)[60:90]):
            assert secret not in text


def exchanges(bench: Bench) -> int:
    return sum(EXCHANGE in one.path for one in bench.server.requests)


def test_one_token_serves_a_whole_load(own: Bench, app: DemoApp, signed) -> None:
    signed()
    report = own.github(START)
    assert report.failures == []
    assert exchanges(own) == len(app.issued) == 1
    assert report.request_count == len(own.server.requests)
    tokens = {
        one.headers["authorization"] for one in own.server.requests if EXCHANGE not in one.path
    }
    assert tokens == {f"Bearer {app.issued[0]}"}
    assert own.rows("select count(*) from raw_github.organization_members") == [(39,)]


def test_line_ends_may_be_written_out(own: Bench, key: rsa.RSAPrivateKey, signed) -> None:
    signed(github_app_private_key=pem(key).replace("\n", "\\n"))
    assert own.github(START).failures == []


def test_an_app_is_taken_before_a_token(own: Bench, app: DemoApp, signed) -> None:
    signed(github_token="_".join(("ghp", "not", "asked")))
    assert own.github(START).failures == []
    assert len(app.issued) == 1


def test_a_token_is_renewed_before_it_ends(
    own: Bench, app: DemoApp, signed, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.lifetime_seconds = 2.0
    # Never turned down, so that only its stated end makes the client ask for another. A real end
    # would turn down what a busy machine sends late.
    monkeypatch.setattr(app, "holds", app.issued.__contains__)
    own.server.faults.add(*(pulls("", "delay", seconds=0.7, times=1, after=i) for i in range(4)))
    signed()
    report = own.github(date(2026, 8, 1))
    assert report.failures == []
    assert len(app.issued) > 1
    assert exchanges(own) == len(app.issued)
    assert report.request_count == len(own.server.requests)


def test_a_token_that_is_refused_is_renewed_once(own: Bench, app: DemoApp, signed) -> None:
    def revoke(document: dict[str, Any]) -> dict[str, Any]:
        app.revoke_all()
        return document

    own.server.faults.add(pulls("data-platform", "edit", edit=revoke))
    signed()
    assert own.github(START).failures == []
    assert len(app.issued) == 2


def test_a_token_that_stays_refused_is_a_failure_and_no_loop(
    own: Bench, app: DemoApp, signed
) -> None:
    own.server.faults.add(Fault(status=401, path_contains="graphql", times=None))
    signed(github_org=None, github_repos="larkfield/storefront")
    (failure,) = own.github(START).failures
    assert_names(failure.error, "repositories [larkfield/storefront]", "HTTP 401")
    assert len(app.issued) == 2


def test_requests_that_wait_for_a_token_share_it(app: DemoApp, signed) -> None:
    settings = signed()
    auth = authorization(settings)
    client, rest = open_client(settings, auth=auth), open_rest_client(settings, auth=auth)

    async def ask(number: int) -> None:
        path = "/meta" if number % 2 else "/user"
        await rest.get(Request("test", str(number)), path, [], dict[str, Any])

    async def at_once() -> None:
        async with client, rest:
            rest._slots = asyncio.Semaphore(10)
            await asyncio.gather(*(ask(number) for number in range(10)))

    asyncio.run(at_once())
    assert len(app.issued) == 1
    # A second event loop, as in a load; and all of them are refused at once.
    app.revoke_all()
    asyncio.run(at_once())
    assert len(app.issued) == 2


def test_an_exchange_that_fails_is_tried_again(own: Bench, app: DemoApp, signed) -> None:
    own.server.faults.add(
        Fault(status=502, path_contains=EXCHANGE),
        Fault("truncate", path_contains=EXCHANGE),
        Fault("disconnect", path_contains=EXCHANGE),
    )
    signed(github_org=None, github_repos="larkfield/mobile-app")
    assert own.github(START).failures == []
    assert own.server.faults.pending == []
    # The torn one was issued, too.
    assert len(app.issued) == 2


def wrong_app(_: DemoApp) -> dict[str, Any]:
    return {"github_app_id": "99"}


def wrong_installation(_: DemoApp) -> dict[str, Any]:
    return {"github_app_installation_id": "1"}


def another_key(_: DemoApp) -> dict[str, Any]:
    other = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    return {"github_app_private_key": pem(other)}


def suspended(app: DemoApp) -> dict[str, Any]:
    app.is_suspended = True
    return {}


@pytest.mark.parametrize(
    ("break_it", "told"),
    [
        (wrong_app, ("HTTP 404", "GITHUB_APP_ID", "Integration not found")),
        (wrong_installation, ("HTTP 404", "GITHUB_APP_INSTALLATION_ID")),
        (another_key, ("HTTP 401", "GITHUB_APP_PRIVATE_KEY", "clock")),
        (suspended, ("HTTP 403", "suspended")),
    ],
)
def test_what_is_wrong_with_an_app_is_said(
    own: Bench,
    app: DemoApp,
    signed,
    break_it: Callable[[DemoApp], dict[str, Any]],
    told: tuple[str, ...],
) -> None:
    signed(**break_it(app))
    report = own.github(START)
    (failure,) = report.failures
    assert_names(failure.error, "access_tokens [installation", "DEMO:", *told)
    assert app.issued == []
    assert len(own.server.requests) == 1


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        ({"github_app_private_key": "-----BEGIN RSA PRIVATE KEY-----\nMIIE"}, "PEM"),
        ({"github_app_private_key": "not a key"}, "GITHUB_APP_PRIVATE_KEY"),
        ({"github_app_private_key": pem(ec.generate_private_key(ec.SECP256R1()))}, "RSA"),
        ({"github_app_id": None}, "GITHUB_APP_ID not set"),
        ({"github_app_private_key": None}, "GITHUB_APP_PRIVATE_KEY not set"),
    ],
)
def test_a_key_that_is_none_is_found_before_anything_is_asked(
    own: Bench, signed, overrides: dict[str, Any], told: str
) -> None:
    settings = signed(**overrides)
    with pytest.raises(ConfigurationError, match=told) as caught:
        load_github(settings, run_id="run", start=START)
    assert "MIIE" not in str(caught.value)
    assert own.server.requests == []
    own.github(START, settings=signed())


def test_an_enterprise_server_is_read_below_its_own_paths(own: Bench, app: DemoApp, signed) -> None:
    own.server.github_api.limited = False
    root = f"{own.server.github_api_url}/api"
    signed(github_api_url=f"{root}/v3", github_graphql_url=None)
    assert own.github(START).failures == []
    assert {one.path.rpartition("/github")[2] for one in own.server.requests} == {
        f"/api/v3/app/installations/{INSTALLATION}/access_tokens",
        "/api/v3/orgs/larkfield/members",
        "/api/graphql",
    }
    assert set(own.statuses("commits", "github").values()) == {"complete"}
    assert own.rows("select count(*) from raw_github.organization_members") == [(39,)]
    assert len(app.issued) == 1


def test_graphql_may_be_at_another_address(own: Bench, settings_for) -> None:
    with DemoServer(own.server.organisation, rate_limit_headers=False) as graphql:
        settings = settings_for(
            own.server,
            github_api_url=f"{own.server.github_api_url}/api/v3",
            github_graphql_url=f"{graphql.github_api_url}/api/graphql",
        )
        begun = time.monotonic()
        assert own.github(START, settings=settings).failures == []
        assert time.monotonic() - begun < 60
        assert {one.path for one in own.server.requests} == {
            "/github/api/v3/orgs/larkfield/members"
        }
        assert {one.path for one in graphql.requests} == {"/github/api/graphql"}
