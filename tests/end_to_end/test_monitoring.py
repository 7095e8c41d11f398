"""The gauges of the demo's published file, as Prometheus, an OTLP receiver and Datadog get them."""

from __future__ import annotations

import gzip
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest
import uvicorn
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from dashboard import app
from dashboard.settings import DashboardSettings
from exports import datadog, gauges, prometheus
from exports.push import PushError, push
from tests.end_to_end.conftest import Place

HERE = "http://127.0.0.1:8600"
GRAFANA = Path(__file__).parents[2] / "exports" / "grafana" / "claude_usage.json"
PERSONAL = ("ada@example.com", "sk-ant-admin01-planted", "/" + "home/ada/project")


@pytest.fixture(scope="module")
def published(demo: tuple[Place, str]) -> Path:
    place, _ = demo
    return place.published


@pytest.fixture
def copied(published: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(published, tmp_path / "claude_usage.duckdb"))


@pytest.fixture(scope="module")
def text(published: Path) -> str:
    with gauges.opened(published) as ask:
        return prometheus.text(ask)[0].decode()


def value(path: Path, sql: str) -> Any:
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute("use marts")
        return (connection.execute(sql).fetchone() or (None,))[0]


def total(text: str, name: str, **labels: str) -> Decimal:
    return sum(
        (
            Decimal(str(sample.value))
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ),
        Decimal(0),
    )


LAST_35 = (
    "is_complete_day and usage_date > (select max(usage_date) - 35 from coverage_daily"
    " where complete_report_count > 0)"
)
SAME = {
    ("claude_usage_cost_usd", ("basis", "billed")): (
        f"select sum(billed_cost_usd) from fct_billed_costs_daily where {LAST_35}"
    ),
    ("claude_usage_estimated_cost_usd", ()): (
        f"select sum(estimated_cost_usd) from fct_claude_code_model_usage_daily where {LAST_35}"
    ),
    ("claude_usage_tokens", ("token_class", "output")): (
        f"select sum(output_tokens) from fct_message_usage_daily where {LAST_35}"
    ),
    ("claude_usage_budget_spent_usd", ("scope_id", "all")): (
        "select actual_cost_usd from budget_status_daily where scope_id = 'all'"
        " and budget_source = 'seed' order by usage_date desc limit 1"
    ),
    ("claude_usage_failing_checks", ()): "select count(*) from quality.checks where not is_passed",
}


@pytest.mark.parametrize(("name", "label"), SAME, ids=lambda one: "".join(one))
def test_a_gauge_is_what_sql_answers(
    text: str, published: Path, name: str, label: tuple[str, ...]
) -> None:
    labels = {label[0]: label[1]} if label else {}

    expected = value(published, SAME[name, label])
    assert expected
    assert total(text, name, **labels) == Decimal(expected)


def test_the_text_is_what_prometheus_reads(text: str) -> None:
    families = list(text_string_to_metric_families(text))
    days = {
        sample.labels["day"]
        for family in families
        for sample in family.samples
        if "day" in sample.labels
    }

    assert [family.name for family in families] == [gauge.name for gauge in gauges.GAUGES]
    assert {family.type for family in families} == {"gauge"}
    assert text.endswith("\n")
    # Sample lines have a value and no time.
    assert all(
        re.fullmatch(r"\S+(\{.*\})? \S+", line) for line in text.splitlines() if line[0] != "#"
    )
    assert max(days) == "2026-10-31"
    assert min(days) >= str(date(2026, 10, 31) - timedelta(gauges.MOST_DAYS - 1))
    if shutil.which("promtool"):
        checked = subprocess.run(
            ["promtool", "check", "metrics"],
            input=text,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (checked.returncode, checked.stderr) == (0, "")


def test_a_label_that_looks_personal_is_withheld_and_its_figure_stays(
    text: str, copied: Path
) -> None:
    with duckdb.connect(str(copied)) as connection:
        connection.execute("use marts")
        columns = connection.execute(
            "select table_name, column_name from duckdb_columns() where schema_name = 'marts'"
            " and data_type = 'VARCHAR' and table_name in ('fct_billed_costs_daily',"
            " 'fct_claude_code_model_usage_daily', 'fct_message_usage_daily', 'fct_pull_requests',"
            " 'adoption_daily', 'budget_status_daily')"
        ).fetchall()
        for table, column in columns:
            if column in ("model", "workspace_id", "team_name", "scope_id"):
                keep = "'claude-opus-5-5', 'default', 'Platform', 'all'"
                plants = " ".join(
                    f"when hash({column}) % 3 = {number} then '{one}'"
                    for number, one in enumerate(PERSONAL)
                )
                connection.execute(
                    f"update {table} set {column} = case {plants} end"
                    f" where {column} not in ({keep})"
                )
            elif column in ("person_key", "api_key_id", "repository", "title", "display_name"):
                connection.execute(f"update {table} set {column} = '{PERSONAL[0]}'")
        connection.execute("update quality.published_file set published_at = '2026-11-01 01:00'")
    with gauges.opened(copied) as ask, receiver() as taken:
        planted = prometheus.text(ask)[0].decode()
        push(ask, taken.url)
        lines = datadog.text(ask)

    for one in PERSONAL:
        assert one not in planted
        assert one.encode() not in taken.bodies[0]
        assert one not in lines
    assert f'workspace_id="{gauges.WITHHELD}"' in planted
    for name in ("claude_usage_cost_usd", "claude_usage_tokens", "claude_usage_estimated_cost_usd"):
        assert total(planted, name) == total(text, name)


def test_a_team_of_any_name_is_a_label(copied: Path) -> None:
    name = 'A "team"\\ {of}\nlines # HELP'
    with duckdb.connect(str(copied)) as connection:
        connection.execute(
            "update marts.fct_pull_requests set team_name = ? where team_name = 'Platform'", [name]
        )
    with gauges.opened(copied) as ask:
        shown = prometheus.text(ask)[0].decode()

    assert total(shown, "claude_usage_merged_pull_requests", team=name) > 0


def test_a_file_is_replaced_whole_and_others_can_read_it(published: Path, tmp_path: Path) -> None:
    os.umask(0o077)
    target = tmp_path / "collector" / "claude_usage.prom"
    with gauges.opened(published) as ask:
        prometheus.write(target, ask)
        first = target.stat()
        prometheus.write(target, ask)

    assert target.stat().st_mode & 0o777 == 0o644
    assert target.stat().st_ino != first.st_ino
    assert os.listdir(target.parent) == [target.name]
    assert target.read_text().endswith("claude_usage_last_run_success 1.0\n")


def test_a_file_that_cannot_be_made_leaves_the_one_before(tmp_path: Path) -> None:
    target = tmp_path / "claude_usage.prom"
    target.write_text("before\n")

    def fails(_: str) -> list[tuple[object, ...]]:
        raise gauges.NoFigures("gone")

    with pytest.raises(gauges.NoFigures):
        prometheus.write(target, fails)
    assert target.read_text() == "before\n"
    assert os.listdir(tmp_path) == [target.name]


def test_the_dashboard_answers_a_scrape(published: Path, text: str) -> None:
    with TestClient(app.create(DashboardSettings(publish_path=published)), base_url=HERE) as client:
        plain = client.get("/metrics")
        accept = {"accept": "application/openmetrics-text; version=1.0.0"}
        newer = client.get("/metrics", headers=accept)

    assert plain.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert plain.text == text
    assert newer.headers["content-type"].startswith("application/openmetrics-text")
    units = {one.name: one.unit for one in openmetrics.text_string_to_metric_families(newer.text)}
    assert units["claude_usage_cost_usd"] == "usd"
    assert units["claude_usage_data_as_of_timestamp_seconds"] == "seconds"


def test_a_scrape_needs_what_the_pages_need(published: Path, tmp_path: Path) -> None:
    token = DashboardSettings(publish_path=published, dashboard_token="0123456789abcdef")
    with TestClient(app.create(token), base_url=HERE) as client:
        assert client.get("/metrics").status_code == 401
        bearer = {"authorization": "Bearer 0123456789abcdef"}
        assert client.get("/metrics", headers=bearer).status_code == 200
    roles = tmp_path / "roles.csv"
    roles.write_text(
        "grantee,grantee_kind,role,team_name\nscraper@example.com,user,all,\n"
        "lead@example.com,user,team,Platform\n"
    )
    proxied = DashboardSettings(
        publish_path=published, dashboard_trusted_proxy="127.0.0.1", dashboard_roles_path=roles
    )
    made = app.create(proxied)
    with TestClient(made, base_url=HERE, client=("127.0.0.1", 1)) as client:
        for user, status in (("scraper", 200), ("lead", 403), ("anybody", 403)):
            who = {"x-forwarded-email": f"{user}@example.com"}
            assert client.get("/metrics", headers=who).status_code == status


def test_without_a_file_a_scrape_fails(tmp_path: Path) -> None:
    settings = DashboardSettings(publish_path=tmp_path / "none.duckdb")
    with TestClient(app.create(settings), base_url=HERE) as client:
        answer = client.get("/metrics")

    assert answer.status_code == 503
    assert "run claude-usage run" in answer.text


class Receiver(ThreadingHTTPServer):
    """Takes OTLP over HTTP: the bodies it was sent, and the answers it gives in turn."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taking)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.answers: list[tuple[int, bytes]] = []

    @property
    def points(self) -> dict[str, list[Any]]:
        request = ExportMetricsServiceRequest.FromString(self.bodies[-1])
        (resource,) = request.resource_metrics
        return {
            metric.name: list(metric.gauge.data_points)
            for metric in resource.scope_metrics[0].metrics
        }


class _Taking(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.bodies.append(gzip.decompress(body))
        self.server.headers.append(
            {"path": self.path, **{k.lower(): v for k, v in self.headers.items()}}
        )
        status, answer = self.server.answers.pop(0) if self.server.answers else (200, b"")
        self.send_response(status)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def recent(copied: Path) -> Path:
    """The file as if it had been published on the day after its last one."""
    with duckdb.connect(str(copied)) as connection:
        connection.execute("update quality.published_file set published_at = '2026-11-01 01:00'")
    return copied


def test_today_and_yesterday_are_pushed_and_nothing_older(recent: Path) -> None:
    with gauges.opened(recent) as ask, receiver() as taken:
        pushed = push(
            ask, taken.url, "Authorization=Bearer%20a%2Cb,x-team=usage", now=1_793_494_800
        )

    points = taken.points
    cost = points["claude_usage.cost_usd"]
    days = {
        one.value.string_value
        for metric in points.values()
        for point in metric
        for one in point.attributes
        if one.key == "day"
    }
    billed = [
        point.as_double
        for point in cost
        if any(one.value.string_value == "billed" for one in point.attributes)
    ]
    expected = value(
        recent,
        "select sum(billed_cost_usd) from fct_billed_costs_daily where usage_date = '2026-10-31'",
    )
    assert days == {"2026-10-31"}
    assert sum(map(Decimal, map(str, billed))) == expected
    assert {point.time_unix_nano for point in cost} == {1_793_494_800 * 10**9}
    assert points["claude_usage.tokens"][0].WhichOneof("value") == "as_int"
    assert pushed.sent == sum(map(len, points.values()))
    assert taken.headers[0]["path"] == "/v1/metrics"
    assert taken.headers[0]["authorization"] == "Bearer a,b"
    assert taken.headers[0]["x-team"] == "usage"


def test_of_an_old_file_no_day_is_pushed(published: Path) -> None:
    with gauges.opened(published) as ask, receiver() as taken:
        push(ask, taken.url)

    assert "claude_usage.cost_usd" not in taken.points
    assert taken.points["claude_usage.data_as_of_timestamp_seconds"]


def test_what_a_receiver_refuses_is_said(recent: Path) -> None:
    answer = ExportMetricsServiceResponse()
    answer.partial_success.rejected_data_points = 3
    answer.partial_success.error_message = "too old"
    with gauges.opened(recent) as ask, receiver() as taken:
        taken.answers = [(503, b""), (200, answer.SerializeToString())]
        pushed = push(ask, taken.url, wait=0.01)
        taken.answers = [(401, b"no secret-of-a-header")]
        with pytest.raises(PushError, match=r"^127\.0\.0\.1:\d+ answered 401$"):
            push(ask, taken.url, "Authorization=secret-of-a-header")
        taken.answers = [(302, b"")]
        with pytest.raises(PushError, match="answered 302"):
            push(ask, taken.url)

    assert (pushed.refused, pushed.message) == (3, "too old")
    with gauges.opened(recent) as ask, pytest.raises(PushError, match="cannot be reached"):
        push(ask, taken.url, wait=0.01)


def test_a_run_sends_gauges_and_what_cannot_be_sent_is_a_warning(
    recent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import dagster as dg

    from orchestration.assets.monitoring import metrics

    monkeypatch.setenv("PUBLISH_PATH", str(recent))
    monkeypatch.setenv("METRICS_PATH", str(tmp_path / "claude_usage.prom"))
    with receiver() as taken:
        monkeypatch.setenv("METRICS_OTLP_ENDPOINT", taken.url)
        well = dg.materialize([metrics])
        taken.answers = [(404, b"")]
        monkeypatch.setenv("METRICS_PATH", str(recent / "claude_usage.prom"))
        ill = dg.materialize([metrics])

    assert well.success
    assert well.asset_materializations_for_node("published__metrics")[0].metadata == {}
    assert (tmp_path / "claude_usage.prom").read_text().startswith("# HELP claude_usage_cost_usd")
    assert taken.points["claude_usage.cost_usd"]
    assert ill.success
    (made,) = ill.asset_materializations_for_node("published__metrics")
    lines = made.metadata["warnings"].value
    assert isinstance(lines, list)
    file, host = map(str, lines)
    assert file.startswith("METRICS_PATH: ")
    assert "cannot be written" in file
    assert host.startswith("METRICS_OTLP_ENDPOINT: 127.0.0.1:")
    assert host.endswith(" answered 404")


@pytest.mark.skipif(
    shutil.which("promtool") is None, reason="there is no Prometheus (apt-get install prometheus)"
)
def test_the_shown_rules_and_scrapes_are_what_prometheus_takes(tmp_path: Path) -> None:
    document = (Path(__file__).parents[2] / "docs" / "monitoring.md").read_text()
    rules, scrapes = re.findall(r"```yaml\n(.*?)```", document, flags=re.DOTALL)
    for kind, body in (("rules", rules), ("config", scrapes)):
        (tmp_path / f"{kind}.yml").write_text(body)
        checked = subprocess.run(
            ["promtool", "check", kind, tmp_path / f"{kind}.yml"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert checked.returncode == 0, checked.stderr


def test_each_shown_command_works(recent: Path, tmp_path: Path) -> None:
    document = (Path(__file__).parents[2] / "docs" / "monitoring.md").read_text()
    shown = [
        shlex.split(line)[1:]
        for block in re.findall(r"```sh\n(.*?)```", document, flags=re.DOTALL)
        for line in block.splitlines()
    ]
    assert [command[0] for command in shown] == ["metrics"] * 4
    with receiver() as taken:
        for command in shown:
            finished = subprocess.run(
                [sys.executable, "-m", "claude_usage", *command],
                env={
                    **os.environ,
                    "PUBLISH_PATH": str(recent),
                    "METRICS_OTLP_ENDPOINT": taken.url,
                },
                cwd=tmp_path,
                capture_output=True,
                text=True,
                check=False,
            )
            assert finished.returncode == 0, finished.stderr
    assert len(taken.bodies) == 1
    assert (tmp_path / "claude_usage.prom").read_text().endswith("\n")
    lines = json.loads((tmp_path / "october.json").read_text())
    assert {line["ChargePeriodStart"][:7] for line in lines} == {"2026-10"}


def test_datadog_gets_the_bill_and_nothing_else(published: Path) -> None:
    with gauges.opened(published) as ask:
        lines = json.loads(datadog.text(ask), parse_float=Decimal)
        october = list(datadog.lines(ask, date(2026, 10, 1), date(2026, 10, 2)))

    billed = "select sum(billed_cost_usd) from fct_billed_costs_daily where is_complete_day"
    assert sum(line["BilledCost"] for line in lines) == value(published, billed)
    assert {line["ChargePeriodStart"] for line in october} == {"2026-10-01", "2026-10-02"}
    for line in lines:
        assert line["ChargePeriodStart"] == line["ChargePeriodEnd"] <= "2026-10-31"
        assert {*line} - {"Tags"} == {
            "ProviderName", "ChargeDescription", "ChargePeriodStart", "ChargePeriodEnd",
            "BilledCost", "BillingCurrency",
        }  # fmt: skip
        texts = [line["ChargeDescription"], *line.get("Tags", {"": "-"}).values()]
        assert all(isinstance(one, str) and 0 < len(one) <= 1_000 for one in texts)


def board() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(GRAFANA.read_text())
    return read


def test_grafanas_own_types_know_all_of_its_dashboard() -> None:
    register_default_plugins()
    written = board()
    typed = Dashboard.from_json(written)

    again = json.loads(JSONEncoder(sort_keys=True).encode(typed))
    # What is only for whoever imports it is no part of a dashboard.
    assert {*written} - {*again} == {"__inputs", "__requires"}
    assert _known(written, again) == []
    assert (written["uid"], written["schemaVersion"]) == ("claude-usage", 38)
    units = {
        panel["fieldConfig"]["defaults"]["unit"]
        for panel in written["panels"]
        if "targets" in panel
    }
    assert {"currencyUSD", "short", "dateTimeFromNow"} <= units
    assert not any("id" in panel for panel in written["panels"])


def _known(written: Any, again: Any, at: str = "") -> list[str]:
    """Return where what was written is not what the types gave back."""
    if isinstance(written, dict) and isinstance(again, dict):
        return [
            place
            for name, one in written.items()
            if not name.startswith("__")
            for place in _known(one, again.get(name), f"{at}/{name}")
        ]
    if isinstance(written, list) and isinstance(again, list) and len(written) == len(again):
        pairs = enumerate(zip(written, again, strict=True))
        return [place for number, (a, b) in pairs for place in _known(a, b, f"{at}/{number}")]
    return [] if written == again else [at]


@contextmanager
def scraped(published: Path, folder: Path) -> Iterator[str]:
    """Yield the address of a Prometheus that scrapes the dashboard of a published file."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    pages = app.create(DashboardSettings(publish_path=published))
    server = uvicorn.Server(uvicorn.Config(pages, log_level="error", lifespan="off"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        target = f"127.0.0.1:{listener.getsockname()[1]}"
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        (folder / "prometheus.yml").write_text(
            "scrape_configs: [{job_name: usage, scrape_interval: 1s,"
            f" static_configs: [{{targets: ['{target}']}}]}}]\n"
        )
        process = subprocess.Popen(
            [
                *("prometheus", f"--config.file={folder / 'prometheus.yml'}"),
                *(f"--storage.tsdb.path={folder / 'data'}", "--log.level=error"),
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()
            process.wait()
            server.should_exit = True
            thread.join()


def asked(url: str, query: str) -> list[dict[str, Any]]:
    answer = httpx.get(f"{url}/api/v1/query", params={"query": query}).json()
    assert answer["status"] == "success", (query, answer)
    found: list[dict[str, Any]] = answer["data"]["result"]
    return found


@pytest.mark.skipif(
    shutil.which("prometheus") is None, reason="there is no Prometheus (apt-get install prometheus)"
)
def test_each_query_of_the_dashboard_answers_from_a_real_prometheus(
    published: Path, tmp_path: Path
) -> None:
    queries = [
        (panel["title"], target["expr"])
        for panel in board()["panels"]
        for target in panel.get("targets", ())
    ]
    variables = {one["name"]: one["query"]["query"] for one in board()["templating"]["list"]}
    with scraped(published, tmp_path) as url:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            try:
                if asked(url, "claude_usage_last_run_success"):
                    break
            except httpx.TransportError:
                pass
            time.sleep(0.2)
        answers = {
            title: asked(url, re.sub(r"\$\w+", ".*", expression)) for title, expression in queries
        }
        of_workspace = dict(queries)["Billed, all days shown"].replace("$workspace", "default")
        chosen = asked(url, of_workspace.replace("$model", ".*"))
        for name, query in variables.items():
            metric, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", query).groups()  # type: ignore[union-attr]
            assert asked(url, f"group by ({label}) ({metric}{{{label}!=''}})"), name

    assert [title for title, found in answers.items() if not found] == []
    billed = f"select sum(billed_cost_usd) from fct_billed_costs_daily where {LAST_35}"
    ((_, shown),) = [one["value"] for one in answers["Billed, all days shown"]]
    assert Decimal(shown).quantize(Decimal("0.000001")) == value(published, billed)
    ((_, part),) = [one["value"] for one in chosen]
    of_default = value(published, f"{billed} and workspace_id = 'default'")
    assert Decimal(part).quantize(Decimal("0.000001")) == of_default
