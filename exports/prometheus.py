"""The gauges in Prometheus' text format: for a scrape, and as a file for a textfile collector."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from exports.gauges import Ask, samples
from exports.replacing import replace


class _Gauges(Collector):
    """Hands the gauges of one file to the library, which makes floats of exact figures."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def describe(self) -> Iterator[GaugeMetricFamily]:
        # Else it is asked for all figures once more when it is registered.
        yield from ()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for gauge, found in samples(self._ask):
            family = GaugeMetricFamily(gauge.name, gauge.help, labels=gauge.labels, unit=gauge.unit)
            for sample in found:
                family.add_metric(sample.labels, float(sample.value))
            yield family


def text(ask: Ask, accept: str = "") -> tuple[bytes, str]:
    """Return all gauges as text, and its media type.

    Text of version 0.0.4, or OpenMetrics where ``accept``, the header of a scrape, asks for it.
    Samples have no timestamps.
    """
    registry = CollectorRegistry()
    registry.register(_Gauges(ask))
    encode, media_type = choose_encoder(accept)
    return encode(registry), media_type


def write(path: Path, ask: Ask, mode: int = 0o644) -> None:
    """Write all gauges into a file ``*.prom`` that a textfile collector reads, in one step.

    ``mode`` is the file's: a collector is rarely the user who runs the pipeline.

    Raises:
        OSError: it cannot be written; what was there stays.
    """
    replace(path, text(ask)[0], mode)
