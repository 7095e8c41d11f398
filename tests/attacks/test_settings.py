"""Settings with which nothing can work: each fault is said, at once, by `doctor` and by `run`.

A row is variables (on top of a set-up that is well) and the faults that must be said, a line each.
`{folder}` stands for the test's own folder.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from claude_usage import cli
from claude_usage.settings import hints
from demo_api import DemoServer
from ingestion.settings import Settings

NOTHING = {"ANTHROPIC_ADMIN_KEY": "", "GITHUB_TOKEN": "", "GITHUB_ORG": ""}
INFERENCE_KEY = "-".join(("sk", "ant", "api03", "something"))
ENTERPRISE_KEY = "-".join(("sk", "ant", "api01", "something"))
ADMIN_KEY = "-".join(("sk", "ant", "admin01", "something"))
OTHERS = ("run", "publish", "status", "query commit_count", "dev")
Say = Callable[..., tuple[int, list[str], str]]


@pytest.fixture
def say(
    server: DemoServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Say:
    """Runs a command in this process; returns its exit code, the lines of faults, and the rest."""

    def nothing_begins(*_: object, **__: object) -> None:
        raise AssertionError("the command began")

    def run(command: str, variables: dict[str, str]) -> tuple[int, list[str], str]:
        monkeypatch.chdir(tmp_path)
        for begins in ("os.execv", "claude_usage.commands.run.opened"):
            monkeypatch.setattr(begins, nothing_begins)
        monkeypatch.setattr(sys, "argv", ["claude-usage", *command.split()])
        for name, value in (server.environment | variables).items():
            monkeypatch.setenv(name, value.replace("{folder}", str(tmp_path)))
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        said = (printed.out + printed.err).splitlines()
        lines = [line.split(maxsplit=1) for line in said]
        faults = [rest[0] for word, *rest in lines if word in ("failed", "wrong")]
        return int(ended.value.code or 0), faults, printed.out + printed.err

    return run


def seeds(tmp_path: Path, name: str, body: bytes) -> None:
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / name).write_bytes(body)


ROWS = [
    pytest.param(NOTHING, ["nothing to load: set ANTHROPIC_ADMIN_KEY"], id="nothing set"),
    pytest.param(
        {"GITHUB_ORG": ""}, ["neither GITHUB_ORG nor GITHUB_REPOS is set"], id="no organisation"
    ),
    pytest.param({"GITHUB_TOKEN": ""}, ["GITHUB_TOKEN: not set, though"], id="no token"),
    pytest.param(
        {"GITHUB_APP_ID": "1"}, ["GITHUB_APP_INSTALLATION_ID and GITHUB_APP"], id="half an app"
    ),
    pytest.param(
        {"GITHUB_APP_ID": "1", "GITHUB_APP_INSTALLATION_ID": "2", "GITHUB_APP_PRIVATE_KEY": "x"},
        ["GITHUB_APP_PRIVATE_KEY"],
        id="an app's key that is none",
    ),
    pytest.param({"GITHUB_REPOS": "no-slash"}, ["not of the form owner/name"], id="repositories"),
    pytest.param(
        {"GITHUB_ORG": "https://github.com/larkfield"}, ["GITHUB_ORG: must be the name"], id="org"
    ),
    pytest.param(
        {"ANTHROPIC_ADMIN_KEY": INFERENCE_KEY}, ["holds an inference key"], id="inference key"
    ),
    pytest.param(
        {"ANTHROPIC_ANALYTICS_KEY": ADMIN_KEY}, ["holds an Admin key"], id="keys exchanged"
    ),
    pytest.param(
        {"ANTHROPIC_ADMIN_KEY": ENTERPRISE_KEY, "ANTHROPIC_ANALYTICS_KEY": ENTERPRISE_KEY},
        ["both hold a key of a Claude Enterprise"],
        id="a key twice",
    ),
    pytest.param(
        {"ANTHROPIC_ADMIN_KEY": f"{ADMIN_KEY}\n"}, ["ANTHROPIC_ADMIN_KEY: holds"], id="line break"
    ),
    pytest.param(
        {"ANTHROPIC_ADMIN_KEY": INFERENCE_KEY, "GITHUB_ORG": ""},
        ["holds an inference key", "neither GITHUB_ORG nor"],
        id="both sources",
    ),
    pytest.param({"GITHUB_TOKEN": "tökén"}, ["GITHUB_TOKEN: holds a"], id="letters of no key"),
    pytest.param({"ANTHROPIC_BASE_URL": "api.x.com"}, ["ANTHROPIC_BASE_URL: must"], id="no URL"),
    *(
        pytest.param(
            {"ANTHROPIC_BASE_URL": url},
            [f"ANTHROPIC_BASE_URL: the key would go to {url} in the clear"],
            id=url,
        )
        for url in (
            *("http://localhost.evil.example", "http://127.0.0.1.nip.io", "http://127.1"),
            *("http://[::ffff:10.0.0.1]", "http://0.0.0.0", "http://10.0.0.1:8000"),
        )
    ),
    pytest.param(
        {"GITHUB_API_URL": "http://git.internal/api/v3"},
        ["GITHUB_API_URL: the key would go to http://git.internal in the clear"],
        id="GitHub in the clear",
    ),
    *(
        pytest.param({"LITELLM_DATABASE_URL": url}, [f"LITELLM_DATABASE_URL: {said}"], id=url)
        for url, said in (
            ("mysql://reader:kept-from-all@127.0.0.1/litellm", "must be of the form postgresql"),
            ("postgresql://reader:kept-from-all@db.internal/litellm", "leads to another machine"),
            (
                "postgresql://reader:kept-from-all@db.internal/litellm?sslmode=prefer",
                "leads to another machine without TLS",
            ),
            ("postgresql://reader:kept-from-all@127.0.0.1:port/litellm", "has a port that is none"),
            ("postgresql://reader:kept/from[all@127.0.0.1/litellm", "has a port that is none"),
        )
    ),
    pytest.param({"LITELLM_API_KEY": "sk-1234567890"}, ["LITELLM_BASE_URL is not"], id="no proxy"),
    pytest.param({"LITELLM_BASE_URL": "http://127.0.0.1:4000"}, ["LITELLM_API_KEY"], id="no key"),
    pytest.param(
        {
            "LITELLM_DATABASE_URL": "postgresql://reader:kept-from-all@127.0.0.1/litellm",
            "LITELLM_BASE_URL": "http://127.0.0.1:4000",
            "LITELLM_API_KEY": "sk-1234567890",
        },
        ["LITELLM_DATABASE_URL and LITELLM_API_KEY are both set"],
        id="two ways to a gateway",
    ),
    pytest.param(
        {"LITELLM_BASE_URL": "http://gateway.internal", "LITELLM_API_KEY": "sk-1234567890"},
        ["LITELLM_BASE_URL: the key would go to http://gateway.internal in the clear"],
        id="a gateway in the clear",
    ),
    pytest.param(
        {"LITELLM_TAG_NAMESPACE": "cost center"}, ["LITELLM_TAG_NAMESPACE: must"], id="namespace"
    ),
    pytest.param({"PRIVACY_LEVEL": "none"}, ["PRIVACY_LEVEL: Input should be"], id="no level"),
    pytest.param(
        {"PRIVACY_LEVEL": "pseudonymous"}, ["pseudonymous needs a PRIVACY_KEY"], id="no privacy key"
    ),
    pytest.param(
        {"PRIVACY_LEVEL": "pseudonymous", "PRIVACY_KEY": "short"}, ["16 characters"], id="short key"
    ),
    pytest.param({"PRIVACY_MIN_PEOPLE": "one"}, ["PRIVACY_MIN_PEOPLE: Input"], id="no number"),
    pytest.param({"PRIVACY_MIN_PEOPLE": "1"}, ["PRIVACY_MIN_PEOPLE: Input"], id="a crowd of one"),
    pytest.param({"LEADERBOARD": "onn"}, ["LEADERBOARD: Input should be"], id="no switch"),
    pytest.param({"SEEDS_PATH": "{folder}/none"}, ["SEEDS_PATH: there is no"], id="no seeds"),
    pytest.param({"PUBLISH_PATH": "marts.duckdb"}, ["cannot be named marts.duckdb"], id="marts"),
    pytest.param({"WAREHOUSE_PATH": "main.duckdb"}, ["cannot be named main.duckdb"], id="main"),
    pytest.param(
        {"WAREHOUSE_PATH": "a.duckdb", "PUBLISH_PATH": "{folder}/a.duckdb"},
        ["are one file"],
        id="one path for both",
    ),
    pytest.param(
        {"WAREHOUSE_PATH": "a.duckdb", "PUBLISH_PATH": "a.sums.duckdb"},
        ["kept beside the warehouse"],
        id="the warehouse's sums",
    ),
    pytest.param({"PUBLISH_PATH": "{folder}"}, ["is a folder"], id="publish into a folder"),
    pytest.param(
        {"WAREHOUSE_PATH": "/dev/null/w.duckdb", "PUBLISH_PATH": "/dev/null/p.duckdb"},
        ["WAREHOUSE_PATH: /dev/null/w.duckdb cannot", "PUBLISH_PATH: /dev/null/p.duckdb cannot"],
        id="below a file",
    ),
    pytest.param({"DAGSTER_HOME": "/dev/null/d"}, ["DAGSTER_HOME: /dev/null/d"], id="history"),
    pytest.param(
        {
            "ANTHROPIC_BASE_URL": "x",
            "GITHUB_REPOS": "no-slash",
            "PRIVACY_LEVEL": "pseudonymous",
            "SEEDS_PATH": "/none",
            "WAREHOUSE_PATH": "staging.db",
            "LEADERBOARD": "?",
        },
        [
            "ANTHROPIC_BASE_URL",
            "LEADERBOARD",
            "GITHUB_REPOS",
            "PRIVACY_KEY",
            "SEEDS_PATH",
            "staging.db",
        ],
        id="all at once",
    ),
]


@pytest.mark.parametrize("command", ["doctor", "run"])
@pytest.mark.parametrize(("variables", "said"), ROWS)
def test_each_fault_is_said_in_a_line_before_anything_begins(
    say: Say, server: DemoServer, variables: dict[str, str], said: list[str], command: str
) -> None:
    code, faults, printed = say(command, variables)

    assert code == 2
    assert len(faults) == len(said), faults
    for words in said:
        assert any(words in fault for fault in faults), (words, faults)
    assert "Traceback" not in printed
    assert "doctor" not in printed
    secrets = [value for name, value in variables.items() if name.endswith(("_KEY", "_TOKEN"))]
    assert "kept-from-all" not in printed
    for secret in [server.admin_key, server.github_token, *(one for one in secrets if one[1:])]:
        assert secret.strip() not in printed


@pytest.mark.parametrize("command", OTHERS)
def test_every_command_says_what_is_set_wrongly(say: Say, command: str) -> None:
    variables = {"PRIVACY_LEVEL": "pseudonymous", "SEEDS_PATH": "/none", "GITHUB_REPOS": "no-slash"}

    code, faults, _ = say(command, variables)

    assert code == 2
    assert len(faults) == 3


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        pytest.param("budgets.csv", b"team,usd\n", "lacks the columns scope_type", id="columns"),
        pytest.param("budgets.csv", b"", "lacks the columns scope_type", id="empty"),
        pytest.param(
            "team_memberships.csv",
            b"email_address;github_login;team_name;cost_center;valid_from;valid_to\n",
            "(separated by commas)",
            id="semicolons",
        ),
        pytest.param(
            "identity_map.csv",
            "person_email,identity_type,identity_value\né,a,b\n".encode("latin-1"),
            "is not in UTF-8",
            id="another encoding",
        ),
    ],
)
def test_a_seed_that_cannot_be_read_is_said_before_a_load(
    say: Say, tmp_path: Path, name: str, body: bytes, said: str
) -> None:
    seeds(tmp_path, name, body)

    code, (fault,), _ = say("run", {"SEEDS_PATH": "{folder}/seeds"})

    assert code == 2
    assert name in fault
    assert said in fault


def test_seeds_as_spreadsheets_write_them_are_no_fault(say: Say, tmp_path: Path) -> None:
    header = "\ufeffScope_Type, scope_name,budget_usd,valid_from,valid_to,note\r\n"
    seeds(tmp_path, "budgets.csv", header.encode())

    code, faults, printed = say("doctor", {"SEEDS_PATH": "{folder}/seeds"})

    assert (code, faults) == (0, []), printed


ALERTS = """\
routes:
  chat: {type: slack, url_variable: ALERTS_CHAT_URL}
rules:
  - {alert: data_stale, routes: [chat]}
"""


def test_alerts_that_cannot_be_told_are_said_with_line_and_key(say: Say, tmp_path: Path) -> None:
    seeds(tmp_path, "alerts.yml", ALERTS.replace("data_stale", "data_old").encode())

    for command in ("doctor", "run"):
        code, (fault,), _ = say(command, {"SEEDS_PATH": "{folder}/seeds"})
        assert code == 2
        assert "alerts.yml, line 4: rules.0.alert: Input should be 'budget_forecast'" in fault


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "alerts.yml: route chat: ALERTS_CHAT_URL is not set"),
        ("http://hooks.example.com/a-secret-place", "its URL must begin with https://"),
    ],
)
def test_a_route_without_its_secret_is_a_fault_where_alerts_are_on(
    say: Say, tmp_path: Path, url: str, said: str
) -> None:
    seeds(tmp_path, "alerts.yml", ALERTS.encode())
    on = {"SEEDS_PATH": "{folder}/seeds", "ALERTS_CHAT_URL": url, "ALERTS": "on"}

    code, (fault,), printed = say("doctor", on)
    assert (code, said in fault) == (2, True)
    assert "a-secret-place" not in printed
    code, faults, printed = say("doctor", on | {"ALERTS": "off"})
    assert (code, faults) == (0, [])
    assert "1 rules, 1 routes; ALERTS is off" in printed


def test_alerts_without_a_file_are_a_fault(say: Say, tmp_path: Path) -> None:
    seeds(tmp_path, "alerts.yaml", ALERTS.encode())

    code, (fault,), printed = say("doctor", {"SEEDS_PATH": "{folder}/seeds", "ALERTS": "on"})
    assert (code, fault) == (2, "ALERTS: there is no alerts.yml in the folder of SEEDS_PATH")
    assert "alerts.yaml is not read; did you mean alerts.yml?" in printed


def test_doctor_is_well_where_all_is_well(say: Say) -> None:
    code, faults, printed = say("doctor", {})

    assert (code, faults) == (0, [])
    assert "6 can be read" in printed
    assert "data/warehouse.duckdb, not there yet; folder" in printed


def test_a_refused_key_is_one_line_and_no_advice_to_call_doctor(say: Say) -> None:
    code, faults, printed = say("doctor", {"ANTHROPIC_ADMIN_KEY": ADMIN_KEY, "GITHUB_TOKEN": "x"})

    assert code == 1
    assert len(faults) == 2, faults
    assert all("HTTP 401" in fault for fault in faults)
    assert "doctor" not in printed


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("ANTHROPIC_ADMIN_KEYS", "ANTHROPIC_ADMIN_KEY"),
        ("ANTHROPIC_ADMINKEY", "ANTHROPIC_ADMIN_KEY"),
        ("PRIVACY_LEVL", "PRIVACY_LEVEL"),
        ("GITHUB_TOKENS", "GITHUB_TOKEN"),
        ("GITHUB_REPO", "GITHUB_REPOS"),
        ("WAREHOUSE_PAHT", "WAREHOUSE_PATH"),
        ("SEED_PATH", "SEEDS_PATH"),
    ],
)
def test_a_misspelt_variable_is_hinted_at(say: Say, name: str, meant: str) -> None:
    code, _, printed = say("doctor", {name: "x"})

    assert code == 0
    assert f"hint    {name}: is not read; did you mean {meant}?" in printed


def test_variables_of_others_are_none_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    others = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_MODEL", "GITHUB_ACTIONS")
    others += ("GITHUB_REPOSITORY", "GITHUB_SHA", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_OUTPUT")
    others += ("GITHUB_SERVER_URL", "GITHUB_RUN_ID", "GITHUB_ACTOR", "DAGSTER_DISABLE_TELEMETRY")
    for name in others:
        monkeypatch.setenv(name, "x")

    assert list(hints(Settings())) == []


def test_a_seed_that_nobody_reads_is_hinted_at(say: Say, tmp_path: Path) -> None:
    seeds(tmp_path, "budget.csv", b"")

    _, _, printed = say("doctor", {"SEEDS_PATH": "{folder}/seeds"})

    assert "budget.csv is not read; did you mean budgets.csv?" in printed
