"""The way to a host: what stays on this machine, what goes over the network in the clear."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from claude_usage.commands.doctor import _ways
from ingestion.network import address, is_loopback, proxy_for
from ingestion.settings import Settings

KEY = "some-thing-secret-43"
PROXY = "http://someone:proxy-pass-word@10.1.2.3:3128"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        *((host, True) for host in ("localhost", "LOCALHOST", "127.0.0.1", "127.8.9.10")),
        *((host, True) for host in ("::1", "::ffff:127.0.0.1")),
        *((host, False) for host in ("localhost.evil.example", "127.0.0.1.nip.io", "127.1")),
        *((host, False) for host in ("2130706433", "0.0.0.0", "::", "::ffff:10.0.0.1", "")),
        *((host, False) for host in ("10.0.0.1", "localhost\x00", "127.0.0.1\\.evil.example")),
    ],
)
def test_only_what_is_certain_to_be_this_machine_is(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


CREDENTIALS = {
    "anthropic_base_url": ("anthropic_admin_key", "anthropic_analytics_key"),
    "github_api_url": ("github_token", "github_app_private_key"),
    "github_graphql_url": ("github_token", "github_app_private_key"),
}


@pytest.mark.parametrize(
    ("url", "credential"), [(url, one) for url, ones in CREDENTIALS.items() for one in ones]
)
def test_a_key_goes_in_the_clear_only_where_that_is_allowed(url: str, credential: str) -> None:
    there = {url: "http://gateway.internal"}
    with pytest.raises(ValidationError) as caught:
        Settings(**{credential: KEY, **there})
    (fault,) = caught.value.errors()
    assert fault["loc"] == (url,)
    assert "http://gateway.internal in the clear" in fault["msg"]
    assert "ALLOW_PLAIN_HTTP=1" in fault["msg"]
    # Without a key nothing is asked there; with it, these are as good as nowhere or private.
    assert Settings(**there)
    assert Settings(**{credential: KEY, url: "http://127.0.0.1:8000"})
    assert Settings(**{credential: KEY, url: "https://gateway.internal"})
    assert Settings(**{credential: KEY, **there, "allow_plain_http": True})


def test_a_proxy_elsewhere_reads_what_goes_to_this_machine_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALL_PROXY", PROXY)
    values = {"anthropic_admin_key": KEY, "anthropic_base_url": "http://127.0.0.1:8000"}
    with pytest.raises(ValidationError, match=r"http://10.1.2.3:3128 in the clear") as caught:
        Settings(**values)
    assert "proxy-pass-word" not in str(caught.value)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert Settings(**values)


def test_doctor_names_a_proxy_and_what_goes_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    settings = Settings(
        anthropic_admin_key=KEY,
        github_token=KEY,
        github_api_url="http://git.internal/api/v3",
        allow_plain_http=True,
    )
    assert list(_ways(settings)) == [
        "ANTHROPIC_BASE_URL: asked through the proxy http://10.1.2.3:3128 of the environment",
        "GITHUB_API_URL: the key goes to http://git.internal in the clear, as ALLOW_PLAIN_HTTP is"
        " set",
    ]
    assert list(_ways(Settings(github_token=KEY))) == [
        "GITHUB_API_URL: asked through the proxy http://10.1.2.3:3128 of the environment"
    ]
    monkeypatch.setenv("NO_PROXY", "api.github.com")
    assert list(_ways(Settings(github_token=KEY))) == []


def test_an_address_is_shown_without_its_password_and_path() -> None:
    assert address(PROXY + "/path?query=1") == "http://10.1.2.3:3128"
    assert proxy_for("https://api.anthropic.com") is None
