"""The gauges to an OTLP receiver over HTTP: of today so far and of yesterday.

Receivers refuse or misplace points of long ago, so history goes by SQL or file and not this way.
A point's time is when it is sent, and its day an attribute: a day that is revised gets a new point.
"""

from __future__ import annotations

import gzip
import time
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib.metadata import version
from urllib.parse import unquote, urlsplit

import httpx
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    Gauge as WireGauge,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    Metric,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
)
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from exports.gauges import Ask, Gauge, Sample, Span, samples

# UCUM knows no currency. What is in braces no receiver adds to the name.
_UNITS = {"usd": "{USD}", "tokens": "{token}", "seconds": "s"}
_TIMEOUT = httpx.Timeout(10.0)
_AGAIN = frozenset({429, 502, 503, 504})


class PushError(Exception):
    """Nothing was taken; the text names the host, never a header."""


class _TryAgain(PushError):
    """The receiver may take it in a moment."""


@dataclass(frozen=True)
class Pushed:
    """How many points were sent, how many of them were refused, and the receiver's words."""

    sent: int
    refused: int
    message: str


def push(
    ask: Ask,
    endpoint: str,
    headers: str = "",
    *,
    now: float | None = None,
    wait: float = 1.0,
) -> Pushed:
    """Send the gauges to ``endpoint`` + ``/v1/metrics``.

    ``headers`` are as OpenTelemetry writes them: ``name=value`` with commas, percent-encoded.
    ``wait`` is the first of two waits in seconds before it is tried again.

    Raises:
        PushError: the receiver cannot be reached, or refuses.
    """
    request = _request(ask, time.time() if now is None else now)
    points = sum(len(one.gauge.data_points) for one in _metrics(request))
    tries = Retrying(
        retry=retry_if_exception_type(_TryAgain),
        stop=stop_after_attempt(3),
        wait=wait_exponential(wait),
        reraise=True,
    )
    answer = tries(_sent, f"{endpoint.rstrip('/')}/v1/metrics", _read(headers), request)
    refused = answer.partial_success
    return Pushed(points, refused.rejected_data_points, refused.error_message)


def _sent(
    url: str, headers: Mapping[str, str], request: ExportMetricsServiceRequest
) -> ExportMetricsServiceResponse:
    host = urlsplit(url).netloc
    try:
        answer = httpx.post(
            url,
            content=gzip.compress(request.SerializeToString()),
            headers={
                **headers,
                "content-type": "application/x-protobuf",
                "content-encoding": "gzip",
            },
            timeout=_TIMEOUT,
        )
    except httpx.TransportError as error:
        raise _TryAgain(f"{host} cannot be reached: {type(error).__name__}") from error
    if answer.status_code in _AGAIN:
        raise _TryAgain(f"{host} answered {answer.status_code}")
    if answer.status_code != 200:
        raise PushError(f"{host} answered {answer.status_code}")
    try:
        taken = ExportMetricsServiceResponse()
        taken.ParseFromString(answer.content)
    except DecodeError as error:
        raise PushError(f"{host} answered 200 with something else than OTLP") from error
    return taken


def _read(headers: str) -> dict[str, str]:
    pairs = (one.partition("=") for one in headers.split(",") if one.strip())
    return {name.strip(): unquote(value.strip()) for name, _, value in pairs}


def _metrics(request: ExportMetricsServiceRequest) -> list[Metric]:
    return list(request.resource_metrics[0].scope_metrics[0].metrics)


def _request(ask: Ask, now: float) -> ExportMetricsServiceRequest:
    nanoseconds = int(now * 1_000_000_000)
    metrics = [
        Metric(
            # As dots become underscores, the names of the text format.
            name=gauge.name.replace("claude_usage_", "claude_usage.", 1),
            description=gauge.help,
            unit=_UNITS.get(gauge.unit, "1"),
            gauge=WireGauge(data_points=[_point(gauge, one, nanoseconds) for one in found]),
        )
        for gauge, found in samples(ask, Span.RECENT)
        if found
    ]
    scope = InstrumentationScope(name="claude-usage", version=version("claude-usage"))
    return ExportMetricsServiceRequest(
        resource_metrics=[
            ResourceMetrics(
                resource=Resource(attributes=[_attribute("service.name", "claude-usage")]),
                scope_metrics=[ScopeMetrics(scope=scope, metrics=metrics)],
            )
        ]
    )


def _point(gauge: Gauge, sample: Sample, nanoseconds: int) -> NumberDataPoint:
    attributes = [
        _attribute(name, value) for name, value in zip(gauge.labels, sample.labels, strict=True)
    ]
    point = NumberDataPoint(attributes=attributes, time_unix_nano=nanoseconds)
    if isinstance(sample.value, int):
        point.as_int = sample.value
    else:
        # The wire has no decimals.
        point.as_double = float(Decimal(str(sample.value)))
    return point


def _attribute(name: str, value: str) -> KeyValue:
    return KeyValue(key=name, value=AnyValue(string_value=value))
