"""The metrics of the service in the formats of Prometheus."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TypeAlias

from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder

from core.system.health import ServiceHealth
from core.system.metrics.counts import REQUEST_BOUNDS, WORK_BOUNDS, Counted
from core.system.metrics.queries import ServiceMetrics
from models import WorkEvent

_Buckets: TypeAlias = dict[int, Counted]
#: By the values of the labels.
_Values: TypeAlias = dict[tuple[str, ...], float]


@dataclass(frozen=True, kw_only=True)
class Scrape:
    """Everything that one answer tells."""

    version: str
    health: ServiceHealth
    #: None where the database does not answer.
    service: ServiceMetrics | None
    #: Bytes of the data folder's disk; None where it does not answer.
    disk_total: int | None
    disk_free: int | None
    disk_reserve: int
    #: Of all web processes; None where the broker, which counts them, does not answer.
    cameras: int | None


class _Collector:
    """Gives prometheus-client the metrics of one scrape."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def write_metrics(scrape: Scrape, accept: str) -> tuple[bytes, str]:
    """The text, and its content type: of OpenMetrics where the client accepts that."""
    encode, content_type = choose_encoder(accept)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(list(_all(scrape))))
    return encode(registry), content_type


def _all(scrape: Scrape) -> Iterator[Metric]:
    yield InfoMetricFamily("maskloop", "The running release.", value={"version": scrape.version})
    checks = scrape.health.checks.items()
    yield _gauge(
        "maskloop_check_ok",
        "Whether a check of /health holds.",
        ["check"],
        {(name,): float(check.ok) for name, check in checks},
    )
    yield _gauge("maskloop_healthy", "Whether /health answers 200.", [], {(): scrape.health.ok})
    yield from _disk(scrape)
    if scrape.cameras is not None:
        yield _gauge("maskloop_cameras_open", "Open cameras, of all web processes.", [], {(): scrape.cameras})
    if scrape.service is not None:
        yield from _now(scrape.service)
        yield from _work(scrape.service)
        yield from _requests(scrape.service)


def _disk(scrape: Scrape) -> Iterator[Metric]:
    found = {"total": scrape.disk_total, "free": scrape.disk_free, "reserve": scrape.disk_reserve}
    for name, value in found.items():
        if value is not None:
            yield _gauge(f"maskloop_disk_{name}_bytes", f"Disk of the data folder: {name}.", [], {(): value})


def _now(service: ServiceMetrics) -> Iterator[Metric]:
    jobs: _Values = {(kind, state.value): number for (kind, state), number in service.jobs.items()}
    yield _gauge("maskloop_jobs", "Jobs by kind and state.", ["kind", "state"], jobs)
    batches: _Values = {(found.stage, found.state.value): found.batches for found in service.batches}
    yield _gauge("maskloop_batches", "Open batches by stage and state.", ["stage", "state"], batches)
    yield _gauge(
        "maskloop_oldest_waiting_seconds",
        "How long the oldest batch that can be claimed has waited.",
        [],
        {(): service.oldest_waiting_seconds},
    )
    yield _gauge(
        "maskloop_processes",
        "Processes with a recent sign of life.",
        ["part"],
        {(part.value,): number for part, number in service.processes.items()},
    )
    queue = service.webhooks
    states: _Values = {(state.value,): number for state, number in queue.webhooks.items()}
    yield _gauge("maskloop_webhooks", "Webhooks by state.", ["state"], states)
    yield _gauge("maskloop_webhook_deliveries_waiting", "Events to be sent.", [], {(): queue.waiting})
    yield _gauge(
        "maskloop_webhook_overdue_seconds",
        "How long ago the first waiting event was due.",
        [],
        {(): queue.overdue_seconds},
    )


def _work(service: ServiceMetrics) -> Iterator[Metric]:
    attempts: _Values = {}
    retries: _Values = {}
    photos: _Values = defaultdict(float)
    durations: dict[tuple[str, ...], _Buckets] = {}
    expired = 0
    for (stage, event), buckets in _by_name(service.work).items():
        number = sum(counted.number for counted in buckets.values())
        if event is WorkEvent.EXPIRED:
            expired += number
        elif event is WorkEvent.RETRIED:
            retries[(stage,)] = number
        else:
            attempts[stage, event.value] = number
            photos[(stage,)] += sum(counted.photos for counted in buckets.values())
            if event is WorkEvent.DONE:
                durations[(stage,)] = buckets
    labels = ["stage"]
    yield _counter("maskloop_batch_attempts", "Ended attempts.", ["stage", "event"], attempts)
    yield _counter("maskloop_batch_retries", "Attempts that were not the first.", labels, retries)
    yield _counter("maskloop_photos", "Photos of batches that were done.", labels, photos)
    yield _counter("maskloop_leases_expired", "Leases that ended without a result.", [], {(): expired})
    yield _histogram(
        "maskloop_batch_duration_seconds", "Time of batches that were done.", labels, durations, WORK_BOUNDS
    )


def _requests(service: ServiceMetrics) -> Iterator[Metric]:
    yield _histogram(
        "maskloop_http_request_duration_seconds",
        "Time until the answer begins, by route; of all web processes.",
        ["route", "method", "status"],
        _by_name(service.requests),
        REQUEST_BOUNDS,
    )


def _by_name(counts: Mapping) -> dict:  # type: ignore[type-arg]
    found: dict[object, _Buckets] = defaultdict(dict)
    for (name, bucket), counted in counts.items():
        found[name][bucket] = counted
    return found


def _gauge(name: str, text: str, labels: Sequence[str], values: _Values) -> Metric:
    metric = GaugeMetricFamily(name, text, labels=labels)
    for key, value in values.items():
        metric.add_metric(key, float(value))
    return metric


def _counter(name: str, text: str, labels: Sequence[str], values: _Values) -> Metric:
    metric = CounterMetricFamily(name, text, labels=labels)
    for key, value in values.items():
        metric.add_metric(key, float(value))
    return metric


def _histogram(
    name: str,
    text: str,
    labels: Sequence[str],
    values: Mapping[tuple[str, ...], _Buckets],
    bounds: Sequence[float],
) -> Metric:
    metric = HistogramMetricFamily(name, text, labels=labels)
    for key, buckets in values.items():
        numbers = accumulate(buckets.get(place, Counted()).number for place in range(len(bounds) + 1))
        ends = [*(str(bound) for bound in bounds), "+Inf"]
        seconds = sum(counted.seconds for counted in buckets.values())
        metric.add_metric(key, list(zip(ends, map(float, numbers), strict=True)), seconds)
    return metric


@dataclass
class SharedScrape:
    """The last answer: scrapes within a second share what one of them read."""

    scrape: Scrape | None = None
    read_at: float = field(default=float("-inf"))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, read: Callable[[], Scrape]) -> Scrape:
        """The last answer if it is no older than a second, else a new one."""
        with self.lock:
            if self.scrape is None or time.monotonic() - self.read_at > 1.0:
                self.scrape, self.read_at = read(), time.monotonic()
            return self.scrape
