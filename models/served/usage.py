"""What asking a served model took: requests, time, bytes and, where prices are known, money."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Price:
    """What a served model costs, in one currency."""

    request: float = 0.0
    """A request that was answered."""
    thousand_rows: float = 0.0
    """A thousand rows that were answered."""
    currency: str = "EUR"


@dataclass(frozen=True)
class Usage:
    """What was asked so far. Latencies are of requests with rows that were answered, over the whole way and back."""

    requests: int
    """Requests sent, retries and questions about the model included."""
    answered: int
    """Requests with rows that were answered."""
    rows: int
    retries: int
    seconds_total: float
    """Time of all requests together; with several at once more than what passed on the clock."""
    latency_p50_ms: float | None
    latency_p95_ms: float | None
    latency_p99_ms: float | None
    bytes_sent: int
    """Of bodies, without headers."""
    bytes_received: int
    cost: float | None = None
    """``None`` where no price was given."""
    currency: str | None = None


class Meter:
    """Counts; safe for several threads."""

    def __init__(self, price: Price | None) -> None:
        self.price = price
        self._lock = threading.Lock()
        self._requests = self._retries = self._rows = self._sent = self._received = 0
        self._seconds = 0.0
        self._latencies: list[float] = []

    def asked(self, seconds: float, rows: int, sent: int, received: int) -> None:
        """One attempt; ``rows`` is 0 where nothing was asked about rows or nothing usable came back."""
        with self._lock:
            self._requests += 1
            self._rows += rows
            self._sent += sent
            self._received += received
            self._seconds += seconds
            if rows:
                self._latencies.append(1000 * seconds)

    def retried(self) -> None:
        with self._lock:
            self._retries += 1

    def usage(self) -> Usage:
        with self._lock:
            answered = len(self._latencies)
            p50, p95, p99 = np.percentile(self._latencies, [50, 95, 99]).tolist() if answered else [None] * 3
            cost = self.price.request * answered + self.price.thousand_rows * self._rows / 1000 if self.price else None
            return Usage(
                requests=self._requests,
                answered=answered,
                rows=self._rows,
                retries=self._retries,
                seconds_total=self._seconds,
                latency_p50_ms=p50,
                latency_p95_ms=p95,
                latency_p99_ms=p99,
                bytes_sent=self._sent,
                bytes_received=self._received,
                cost=cost,
                currency=self.price.currency if self.price else None,
            )
