"""OTLP messages as they come, in JSON or protobuf, handed on as records with plain attributes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from ingestion.errors import IngestionError

Attributes = Mapping[str, "Scalar"]


class UnreadableMessage(IngestionError):
    """A message or a line that is none of OTLP. Its text holds nothing of the message."""


# Numbers come as text and text as numbers, by who wrote it.
Scalar = str | int | float | bool | None


class Value(Struct, gc=False):
    """A value of an attribute. Lists and maps are left out: nothing that is kept is one."""

    stringValue: Scalar = None
    intValue: Scalar = None
    doubleValue: Scalar = None
    boolValue: Scalar = None


class Attribute(Struct, gc=False):
    key: str = ""
    value: Value | None = None


class LogRecord(Struct, gc=False):
    timeUnixNano: Scalar = None
    observedTimeUnixNano: Scalar = None
    eventName: Scalar = None
    body: Value | None = None
    attributes: list[Attribute] | None = None


class Scope(Struct, gc=False):
    name: Scalar = None


class ScopeLogs(Struct, gc=False):
    scope: Scope | None = None
    logRecords: list[LogRecord] | None = None


class DataPoint(Struct, gc=False):
    attributes: list[Attribute] | None = None
    startTimeUnixNano: Scalar = None
    timeUnixNano: Scalar = None
    asDouble: Scalar = None
    asInt: Scalar = None


class Sum(Struct, gc=False):
    aggregationTemporality: Scalar = None
    dataPoints: list[DataPoint] | None = None


class Metric(Struct, gc=False):
    name: Scalar = None
    sum: Sum | None = None


class ScopeMetrics(Struct, gc=False):
    scope: Scope | None = None
    metrics: list[Metric] | None = None


class Resource(Struct, gc=False):
    attributes: list[Attribute] | None = None


class ResourceLogs(Struct, gc=False):
    resource: Resource | None = None
    scopeLogs: list[ScopeLogs] | None = None


class ResourceMetrics(Struct, gc=False):
    resource: Resource | None = None
    scopeMetrics: list[ScopeMetrics] | None = None


class Message(Struct, gc=False):
    """One request of an exporter, or one line of a collector's file."""

    resourceLogs: list[ResourceLogs] | None = None
    resourceMetrics: list[ResourceMetrics] | None = None
    resourceSpans: list[msgspec.Raw] | None = None


class Log(NamedTuple):
    """A log record; times are nanoseconds since 1970, 0 where there is none."""

    scope: str
    resource: Attributes
    attributes: Attributes
    time: int
    body: str


class MetricPoint(NamedTuple):
    """A point of a sum; times as of a log. ``is_cumulative`` is None where nothing says it."""

    scope: str
    resource: Attributes
    attributes: Attributes
    name: str
    start: int
    time: int
    value: Scalar
    is_cumulative: bool | None


Record = Log | MetricPoint

_DECODER = msgspec.json.Decoder(Message)
_DELTA = frozenset({1, "1", "AGGREGATION_TEMPORALITY_DELTA"})
_CUMULATIVE = frozenset({2, "2", "AGGREGATION_TEMPORALITY_CUMULATIVE"})


def from_json(body: bytes) -> list[Record]:
    """Return the records of a message in JSON, as the client, a collector or protobuf write it.

    Raises:
        UnreadableMessage: it is no JSON, or nothing of it is known of OTLP.
    """
    try:
        message = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        # What the library says can quote the message.
        raise UnreadableMessage("it is no JSON of OTLP") from error
    logs, metrics = message.resourceLogs, message.resourceMetrics
    if logs is None and metrics is None and message.resourceSpans is None and body.strip() != b"{}":
        raise UnreadableMessage("it has neither logs nor metrics")
    return [*_logs(logs or ()), *_points(metrics or ())]


def _logs(messages: list[ResourceLogs] | tuple[()]) -> Iterator[Log]:
    for one in messages:
        resource = _attributes(one.resource.attributes if one.resource else None)
        for group in one.scopeLogs or ():
            scope = _text(group.scope.name if group.scope else None)
            for record in group.logRecords or ():
                body = record.body.stringValue if record.body else None
                yield Log(
                    scope,
                    resource,
                    _attributes(record.attributes),
                    _whole(record.timeUnixNano) or _whole(record.observedTimeUnixNano),
                    _text(body or record.eventName),
                )


def _points(messages: list[ResourceMetrics] | tuple[()]) -> Iterator[MetricPoint]:
    for one in messages:
        resource = _attributes(one.resource.attributes if one.resource else None)
        for group in one.scopeMetrics or ():
            scope = _text(group.scope.name if group.scope else None)
            for metric in group.metrics or ():
                if metric.sum is None:
                    continue
                temporality = metric.sum.aggregationTemporality
                for point in metric.sum.dataPoints or ():
                    yield MetricPoint(
                        scope,
                        resource,
                        _attributes(point.attributes),
                        _text(metric.name),
                        _whole(point.startTimeUnixNano),
                        _whole(point.timeUnixNano),
                        point.asInt if point.asDouble is None else point.asDouble,
                        _is_cumulative(temporality),
                    )


def _attributes(attributes: list[Attribute] | None) -> Attributes:
    # Nearly all are text.
    return {
        one.key: value.stringValue or _plain(value)
        for one in attributes or ()
        if (value := one.value) is not None
    }


def _plain(value: Value) -> Scalar:
    if (number := value.intValue) is not None:
        return number
    if (number := value.doubleValue) is not None:
        return number
    return value.stringValue if value.boolValue is None else value.boolValue


def _is_cumulative(temporality: Scalar) -> bool | None:
    if isinstance(temporality, (int, str)):
        if temporality in _DELTA:
            return False
        if temporality in _CUMULATIVE:
            return True
    return None


def _text(value: Scalar) -> str:
    return value if isinstance(value, str) else ""


def _whole(value: Scalar) -> int:
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and value.isdecimal() and len(value) < 20 else 0


def from_protobuf(body: bytes, signal: str) -> list[Record]:
    """Return the records of a message in protobuf; ``signal`` is `logs` or `metrics`.

    Raises:
        UnreadableMessage: it is none.
    """
    # Takes a while to import, and clients send JSON as well.
    from google.protobuf.message import DecodeError
    from opentelemetry.proto.logs.v1.logs_pb2 import LogsData
    from opentelemetry.proto.metrics.v1.metrics_pb2 import MetricsData

    message = LogsData() if signal == "logs" else MetricsData()
    try:
        message.ParseFromString(body)
    except DecodeError as error:
        raise UnreadableMessage(f"it is no protobuf of OTLP {signal}") from error
    return list(_protobuf_logs(message) if signal == "logs" else _protobuf_points(message))


def _protobuf_logs(message: Any) -> Iterator[Log]:
    for one in message.resource_logs:
        resource = _protobuf_attributes(one.resource.attributes)
        for group in one.scope_logs:
            scope = group.scope.name
            for record in group.log_records:
                yield Log(
                    scope,
                    resource,
                    _protobuf_attributes(record.attributes),
                    record.time_unix_nano or record.observed_time_unix_nano,
                    record.body.string_value or record.event_name,
                )


def _protobuf_points(message: Any) -> Iterator[MetricPoint]:
    for one in message.resource_metrics:
        resource = _protobuf_attributes(one.resource.attributes)
        for group in one.scope_metrics:
            for metric in group.metrics:
                # Of what is no sum this is empty.
                for point in metric.sum.data_points:
                    yield MetricPoint(
                        group.scope.name,
                        resource,
                        _protobuf_attributes(point.attributes),
                        metric.name,
                        point.start_time_unix_nano,
                        point.time_unix_nano,
                        point.as_int if point.WhichOneof("value") == "as_int" else point.as_double,
                        _is_cumulative(metric.sum.aggregation_temporality),
                    )


_PLAIN = {"string_value", "int_value", "double_value", "bool_value"}


def _protobuf_attributes(attributes: Any) -> Attributes:
    # To ask which field is set takes longer than to look: only what is empty is asked.
    return {
        one.key: value.string_value
        or value.int_value
        or value.double_value
        or _protobuf_plain(value)
        for one in attributes
        if (value := one.value) is not None
    }


def _protobuf_plain(value: Any) -> Scalar:
    kind = value.WhichOneof("value")
    plain: Scalar = getattr(value, kind) if kind in _PLAIN else None
    return plain
